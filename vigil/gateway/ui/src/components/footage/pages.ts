/** The pages about how footage is kept, and who has which. */

import type { Permission } from "@/api/types";
import { can } from "@/state/session";

export type FootagePage = "completeness" | "holds" | "retention";

const PAGES: readonly { name: FootagePage; to: string; needs: Permission }[] = [
  { name: "completeness", to: "/footage/completeness", needs: "read-alerts" },
  { name: "holds", to: "/footage/holds", needs: "hold-footage" },
  { name: "retention", to: "/footage/retention", needs: "read-metrics" },
];

export const footagePages = () => PAGES.filter((page) => can(page.needs));
