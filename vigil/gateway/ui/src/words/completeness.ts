/** How good a day's footage is, and what is missing of it by cause. */

import type { Completeness } from "@/api/types";

export type Grade = "good" | "fair" | "poor" | "bad" | "unknown";

/** By the share that is stored. A day of which nothing was expected says nothing. */
export function gradeOf(share: number | null): Grade {
  if (share === null) return "unknown";
  if (share >= 0.999) return "good";
  if (share >= 0.99) return "fair";
  return share >= 0.9 ? "poor" : "bad";
}

/** Causes with their seconds, the longest first; what nobody explained is one of them. Less than a second is none. */
export function missingOf(one: Completeness): { cause: string; seconds: number }[] {
  const known = Object.entries(one.gaps_s).map(([cause, seconds]) => ({ cause, seconds: seconds ?? 0 }));
  const unexplained = known.find((gap) => gap.cause === "unexplained");
  if (unexplained) unexplained.seconds += one.unexplained_s;
  else known.push({ cause: "unexplained", seconds: one.unexplained_s });
  return known.filter((gap) => gap.seconds >= 1).sort((a, b) => b.seconds - a.seconds);
}
