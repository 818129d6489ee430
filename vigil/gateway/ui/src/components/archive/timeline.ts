/** The arithmetic of the timeline: milliseconds since the epoch, shares of the bar, and what a range covers. */

import type { Segment } from "@/api/types";

export interface Range {
  from: number;
  to: number;
}

export const MAX_PULL_MS = 3_600_000;

export const rangeOf = (part: Segment): Range => ({ from: Date.parse(part.start_at), to: Date.parse(part.end_at) });

/** The part of `range` inside `view`; null when there is none. */
export function cut(range: Range, view: Range): Range | null {
  const from = Math.max(range.from, view.from);
  const to = Math.min(range.to, view.to);
  return to > from ? { from, to } : null;
}

/** Overlapping and touching ranges as one, in order. A second between two segments is none that a viewer would miss. */
export function merge(ranges: Range[], touchingMs = 1_000): Range[] {
  const merged: Range[] = [];
  for (const range of [...ranges].sort((a, b) => a.from - b.from)) {
    const last = merged.at(-1);
    if (last && range.from <= last.to + touchingMs) last.to = Math.max(last.to, range.to);
    else merged.push({ ...range });
  }
  return merged;
}

/** Milliseconds of `range` that `recorded` (merged) covers. */
export function covered(recorded: Range[], range: Range): number {
  return recorded.reduce((sum, part) => {
    const inside = cut(part, range);
    return sum + (inside ? inside.to - inside.from : 0);
  }, 0);
}

/** Where `at` stands on a bar that shows `view`, in percent. */
export const percent = (at: number, view: Range): number => ((at - view.from) / (view.to - view.from)) * 100;

export function instantAt(share: number, view: Range): number {
  const at = view.from + Math.min(1, Math.max(0, share)) * (view.to - view.from);
  return Math.round(at / 1000) * 1000;
}

/** A window of `hours` within `day`, around `centre` when there is one. */
export function viewOf(day: Range, hours: number, centre: number | null): Range {
  const width = Math.min(hours * 3_600_000, day.to - day.from);
  const middle = centre ?? (day.from + day.to) / 2;
  const from = Math.min(Math.max(middle - width / 2, day.from), day.to - width);
  return { from, to: from + width };
}

export type RangeFault = "badRange" | "tooLong" | "inFuture";

/** Why a range cannot be pulled; null when it can. */
export function faultOf(range: Range, now: number): RangeFault | null {
  if (range.to <= range.from) return "badRange";
  if (range.to - range.from > MAX_PULL_MS) return "tooLong";
  return range.to > now ? "inFuture" : null;
}
