/** What the minutes and hours of a window come to. */

import type { WindowHour } from "@/api/types";
import type { Dictionary } from "@/i18n/zh";
import { wordOf } from "./facts";
import { duration } from "./figures";

export const unknownOf = (one: Pick<WindowHour, "unknown_s">): number => Object.values(one.unknown_s).reduce((sum, seconds) => sum + seconds, 0);

/** «镜头被遮挡 3 分，无数据 12 分», the longest first; what is less than a second is left out. */
export function causesInWords(unknown: Record<string, number>, t: Dictionary): string {
  return Object.entries(unknown)
    .filter(([, seconds]) => seconds >= 1)
    .sort(([, a], [, b]) => b - a)
    .map(([why, seconds]) => `${why === "untold" ? t.minutes.untold : wordOf(t.why, why)} ${duration(seconds, t.units)}`)
    .join(t.facts.join);
}

/** All of a day as one. */
export function total(hours: readonly WindowHour[], at: string): WindowHour {
  const sum: WindowHour = { at, service_s: 0, staffed_s: 0, unstaffed_s: 0, unknown_s: {}, visitor_s: 0 };
  for (const one of hours) {
    sum.service_s += one.service_s;
    sum.staffed_s += one.staffed_s;
    sum.unstaffed_s += one.unstaffed_s;
    sum.visitor_s += one.visitor_s;
    for (const [why, seconds] of Object.entries(one.unknown_s)) sum.unknown_s[why] = (sum.unknown_s[why] ?? 0) + seconds;
  }
  return sum;
}
