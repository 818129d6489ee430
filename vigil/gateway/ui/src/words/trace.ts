/** What a look said, in words. Fair to people: "not seen" and never "not there". */

import type { AlertView, Presence, TracePoint } from "@/api/types";
import type { Dictionary } from "@/i18n/zh";
import { wordOf } from "./facts";

/** Of a queue: whether the people counted were as many as its mark. */
export type Said = Presence | "under" | "over";

/** What a look said of one side. */
export interface Word {
  said: Said;
  /** Why it is unknown. */
  why: string | null;
}

export const staffOf = ({ presence, why }: TracePoint): Word => ({ said: presence, why });
export const visitorOf = ({ visitor }: TracePoint): Word => ({ said: visitor, why: null });

export function queueOf({ waiting, mark, why }: TracePoint): Word {
  if (waiting === null) return { said: "unknown", why };
  return { said: mark !== null && waiting >= mark ? "over" : "under", why: null };
}

/** Of a window that needs several clerks, fewer of them are "clear". */
export function saidInWords({ said, why }: Word, { facts }: AlertView, t: Dictionary): string {
  if (said === "unknown") return why ? t.trace.because(wordOf(t.why, why)) : t.trace.unknown;
  if (said === "under" || said === "over") return t.trace[said];
  const required = facts.required ?? 1;
  if (required > 1) return said === "seen" ? t.trace.enough(required) : t.trace.short(required);
  return t.trace[said];
}

/** One look with its figures: «未看到人 · 分数 0.04 · 窗口前有群众». */
export function pointInWords(point: TracePoint, alert: AlertView, t: Dictionary): string {
  const parts = [saidInWords(alert.kind === "queue-buildup" ? queueOf(point) : staffOf(point), alert, t)];
  if (point.score !== null) parts.push(t.trace.scoreOf(point.score.toFixed(2)));
  if (point.waiting !== null) parts.push(t.queue.waiting(point.waiting));
  if (point.mark !== null) parts.push(t.trace.markOf(point.mark));
  if (point.visitor === "seen") parts.push(t.trace.visitor);
  return parts.join(" · ");
}
