/** Pages, each loaded when it is first opened, and who may open them. */

import { createRouter, createWebHistory } from "vue-router";

import type { Permission } from "@/api/types";
import { can, landing, me, restore } from "@/state/session";

declare module "vue-router" {
  interface RouteMeta {
    needs?: Permission;
    public?: boolean;
  }
}

export const router = createRouter({
  history: createWebHistory("/"),
  routes: [
    { path: "/login", component: () => import("@/views/LoginView.vue"), meta: { public: true } },
    { path: "/wall", component: () => import("@/views/WallView.vue"), meta: { needs: "watch-live" } },
    { path: "/alerts/:id?", component: () => import("@/views/AlertsView.vue"), meta: { needs: "read-alerts" } },
    { path: "/ledger/:id?", component: () => import("@/views/LedgerView.vue"), meta: { needs: "read-ledger" } },
    { path: "/archive", component: () => import("@/views/ArchiveView.vue"), meta: { needs: "pull-archive" } },
    { path: "/footage/completeness", component: () => import("@/views/CompletenessView.vue"), meta: { needs: "read-alerts" } },
    { path: "/footage/holds", component: () => import("@/views/HoldsView.vue"), meta: { needs: "hold-footage" } },
    { path: "/footage/retention", component: () => import("@/views/RetentionView.vue"), meta: { needs: "read-metrics" } },
    { path: "/windows/suspensions", component: () => import("@/views/SuspensionsView.vue"), meta: { needs: "read-alerts" } },
    { path: "/windows/minutes", component: () => import("@/views/MinutesView.vue"), meta: { needs: "read-minutes" } },
    { path: "/reports", component: () => import("@/views/ReportsView.vue"), meta: { needs: "read-reports" } },
    { path: "/register", component: () => import("@/views/RegisterView.vue"), meta: { needs: "read-register" } },
    { path: "/notifications", component: () => import("@/views/NotificationsView.vue"), meta: { needs: "keep-channels" } },
    { path: "/accounts", component: () => import("@/views/AccountsView.vue"), meta: { needs: "read-accounts" } },
    { path: "/site", component: () => import("@/views/SiteView.vue"), meta: { needs: "keep-site" } },
    { path: "/security", component: () => import("@/views/SecurityView.vue") },
    // For an account that has none of the pages above.
    { path: "/", component: () => import("@/views/NoPageView.vue") },
    { path: "/:rest(.*)*", redirect: "/" },
  ],
});

router.beforeEach(async (to) => {
  try {
    await restore();
  } catch {
    return to.meta.public ? true : { path: "/login", query: { next: to.fullPath, unreachable: "1" } };
  }
  if (!me.value) return to.meta.public ? true : { path: "/login", query: to.path === "/" ? {} : { next: to.fullPath } };
  const home = landing() ?? "/";
  const dutiful = me.value.duties.length > 0 && to.path !== "/security";
  const elsewhere = dutiful || to.path === "/" || to.meta.public || (to.meta.needs && !can(to.meta.needs));
  return elsewhere && to.path !== home ? home : true;
});

/** Where to go after a login: back to where one was, never to another site. */
export function destination(next: unknown): string {
  return typeof next === "string" && next.startsWith("/") && !next.startsWith("//") && !next.startsWith("/login") ? next : "/";
}
