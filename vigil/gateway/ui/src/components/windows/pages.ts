/** The pages about windows over time, and who has which. */

import type { Permission } from "@/api/types";
import { can } from "@/state/session";

export type WindowsPage = "suspensions" | "minutes";

const PAGES: readonly { name: WindowsPage; to: string; needs: Permission }[] = [
  { name: "suspensions", to: "/windows/suspensions", needs: "read-alerts" },
  { name: "minutes", to: "/windows/minutes", needs: "read-minutes" },
];

export const windowsPages = () => PAGES.filter((page) => can(page.needs));
