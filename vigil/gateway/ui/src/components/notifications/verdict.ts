/** Which icon stands for what came of an attempt. */

import type { Verdict } from "@/api/types";
import type { IconName } from "@/components/StateIcon.vue";

const ICONS: Record<Verdict, IconName> = {
  delivered: "online",
  throttled: "clock",
  failed: "impaired",
  uncertain: "unknown",
  refused: "offline",
  rejected: "offline",
};

export const iconOfVerdict = (verdict: Verdict): IconName => ICONS[verdict] ?? "impaired";
