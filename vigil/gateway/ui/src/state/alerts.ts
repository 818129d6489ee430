/** Lists of alerts and how a newly told alert or clip finds its place in them: pure functions. */

import type { AlertFilter } from "@/api/calls";
import type { AlertView, ClipView } from "@/api/types";

export function matches(filter: AlertFilter, alert: AlertView): boolean {
  return (
    (!filter.hall || filter.hall === alert.hall) &&
    (!filter.kind || filter.kind === alert.kind) &&
    (!filter.state || filter.state === alert.state) &&
    (!filter.active || alert.ended_at === null)
  );
}

/** A visitor waits at a window that nobody staffs, now, and nobody has decided about it: this stands above all else. */
export function isUrgent(alert: AlertView): boolean {
  return alert.kind === "unserved-visitor" && !alert.ended_at && (alert.state === "open" || alert.state === "acknowledged");
}

/** What is urgent first, then newest first; the id settles alerts of the same instant. */
export function byRank(a: AlertView, b: AlertView): number {
  return Number(isUrgent(b)) - Number(isUrgent(a)) || byNewest(a, b);
}

function byNewest(a: AlertView, b: AlertView): number {
  const difference = new Date(b.raised_at).getTime() - new Date(a.raised_at).getTime();
  return difference || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

/**
 * The list with `alert` in its place: replaced, added, or taken out when it no longer matches.
 * With `complete` false, an alert older than the last one is left for the next page to bring.
 */
export function place(items: AlertView[], alert: AlertView, filter: AlertFilter, complete: boolean): AlertView[] {
  const rest = items.filter((item) => item.id !== alert.id);
  if (!matches(filter, alert)) return rest;
  const last = items.at(-1);
  if (!complete && last && last.id !== alert.id && byRank(alert, last) > 0) return rest;
  return [...rest, alert].sort(byRank);
}

/** The list with a clip's new state in the alert that it belongs to. */
export function withClip(items: AlertView[], clip: ClipView): AlertView[] {
  return items.map((item) => (item.clip?.id === clip.id || item.id === clip.alert ? { ...item, clip } : item));
}

/** Appends a page without doubling what the event stream has brought already. */
export function append(items: AlertView[], page: AlertView[]): AlertView[] {
  const known = new Set(items.map((item) => item.id));
  return [...items, ...page.filter((item) => !known.has(item.id))].sort(byRank);
}
