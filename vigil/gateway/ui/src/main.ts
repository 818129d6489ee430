import "element-plus/theme-chalk/base.css";
import "element-plus/theme-chalk/dark/css-vars.css";
import "@/styles/base.css";

import { createApp } from "vue";

import { onUnauthorized } from "@/api/client";
import { announce } from "@/i18n";
import { router } from "@/router";
import { forget, me } from "@/state/session";
import App from "./App.vue";

announce();

onUnauthorized(() => {
  if (!me.value) return;
  forget();
  void router.replace({ path: "/login", query: { next: router.currentRoute.value.fullPath } });
});

createApp(App).use(router).mount("#app");
