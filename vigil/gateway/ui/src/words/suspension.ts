/** Suspensions: which of them runs, and what is said of it. */

import type { Suspension } from "@/api/types";
import type { Dictionary } from "@/i18n/zh";
import { wordOf } from "./facts";
import { shortMomentOf } from "./time";

/** When it ends or ended: a person may have ended it before its time. */
const endOf = (one: Suspension): number => Date.parse(one.ended_at ?? one.to_at);

export const isOver = (one: Suspension, at: Date): boolean => endOf(one) <= at.getTime();
export const runs = (one: Suspension, at: Date): boolean => Date.parse(one.from_at) <= at.getTime() && !isOver(one, at);

export type Course = "ahead" | "running" | "over" | "ended" | "cancelled";

/** Where it stands: one that was ended before it began never ran. */
export function courseOf(one: Suspension, at: Date): Course {
  if (one.ended_at) return Date.parse(one.ended_at) <= Date.parse(one.from_at) ? "cancelled" : "ended";
  if (isOver(one, at)) return "over";
  return runs(one, at) ? "running" : "ahead";
}

/** Those that run, by window; of several of one window the one that ends last. */
export function runningByWindow(all: Iterable<Suspension>, at: Date): Map<string, Suspension> {
  const running = [...all].filter((one) => runs(one, at)).sort((a, b) => endOf(a) - endOf(b));
  return new Map(running.map((one) => [one.window, one]));
}

/** All with `one` in the place of what was known of it, and without those that are over. */
export function withSuspension(all: ReadonlyMap<string, Suspension>, one: Suspension, at: Date): Map<string, Suspension> {
  const next = new Map(all).set(one.id, one);
  for (const [id, other] of next) if (isOver(other, at)) next.delete(id);
  return next;
}

/** Those of a window that run or are to come, by their beginning. */
export const aheadOf = (all: Iterable<Suspension>, window: string, at: Date): Suspension[] =>
  [...all]
    .filter((one) => one.window === window && !isOver(one, at))
    .sort((a, b) => Date.parse(a.from_at) - Date.parse(b.from_at));

/** «请假 至 17:30»; to the minute. */
export function suspensionInWords(one: Suspension, now: Date, zone: string, t: Dictionary): string {
  const until = shortMomentOf(one.to_at, now, zone).slice(0, -":00".length);
  return t.suspension.until(wordOf(t.suspension.kind, one.kind), until);
}
