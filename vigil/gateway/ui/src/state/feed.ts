/** What the centre tells while the screen is open: statuses, suspensions, alerts, clips; the count of open alerts; toasts. */

import { computed, shallowRef } from "vue";

import * as api from "@/api/calls";
import { EventLink } from "@/api/events";
import type { AlertView, ClipView, LedgerEntry } from "@/api/types";
import { reloadSite } from "./site";
import { loadStatus, status } from "./status";
import { forgetSuspensions, loadSuspensions, takeSuspension } from "./suspensions";

export interface Listener {
  alert?: (alert: AlertView) => void;
  clip?: (clip: ClipView) => void;
  ledger?: (entry: LedgerEntry) => void;
  /** The link is back after a loss: fetch anew. */
  refetch?: () => void;
}

export interface Toast {
  alert: AlertView;
  escalated: boolean;
}

const COUNT_LIMIT = 100;
const TOASTS = 3;
const TOAST_MS = 12_000;

/** null: not yet known. False: what is shown may be out of date. */
export const linked = shallowRef<boolean | null>(null);
export const toasts = shallowRef<Toast[]>([]);

const openIds = shallowRef<ReadonlySet<string>>(new Set());
const openBeyond = shallowRef(false);
/** "7", "99+", or "" when there is none. */
export const openCount = computed(() => {
  const count = openIds.value.size;
  if (openBeyond.value || count > 99) return "99+";
  return count > 0 ? String(count) : "";
});

const listeners = new Set<Listener>();
const told = new Map<string, { escalated: boolean }>();
let link: EventLink | null = null;

/** Returns the function that ends the subscription. */
export function listen(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export async function startFeed(): Promise<void> {
  if (link) return;
  link = new EventLink({
    alert: receive,
    status: (next) => (status.value = next),
    clip: pass,
    suspension: takeSuspension,
    ledger: (entry) => {
      for (const listener of listeners) listener.ledger?.(entry);
    },
    linked: onLink,
  });
  link.open();
  await refresh();
}

export function stopFeed(): void {
  link?.close();
  link = null;
  linked.value = null;
  openIds.value = new Set();
  toasts.value = [];
  told.clear();
  forgetSuspensions();
}

/** What every page needs; the pages' own lists follow through their listeners. */
async function refresh(): Promise<void> {
  const [open] = await Promise.all([api.alerts({ state: "open" }, null, COUNT_LIMIT), loadStatus(), loadSuspensions(), reloadSite()]);
  openIds.value = new Set(open.items.filter((alert) => !isMuted(alert)).map((alert) => alert.id));
  openBeyond.value = open.next !== null;
  for (const alert of open.items) told.set(alert.id, { escalated: isEscalated(alert) });
}

function onLink(up: boolean): void {
  const returned = up && linked.value === false;
  linked.value = up;
  if (!returned) return;
  refresh().catch(() => {}); // the next return of the link tries again
  for (const listener of listeners) listener.refetch?.();
}

/** Also for the answer to a person's own step, which is there before the event is. */
export function receive(alert: AlertView): void {
  const ids = new Set(openIds.value);
  if (alert.state === "open" && !isMuted(alert)) ids.add(alert.id);
  else ids.delete(alert.id);
  openIds.value = ids;
  announce(alert);
  for (const listener of listeners) listener.alert?.(alert);
}

function pass(clip: ClipView): void {
  for (const listener of listeners) listener.clip?.(clip);
}

/** By the node, which saw that it goes on, or by the centre, where nobody took it. */
const isEscalated = (alert: AlertView): boolean => alert.escalated_at !== null || alert.level > 0;
const isMuted = (alert: AlertView): boolean => alert.muted_until !== null && Date.parse(alert.muted_until) > Date.now();

/** A toast for a candidate nobody has looked at yet: once when it is raised, once when it escalates. */
function announce(alert: AlertView): void {
  const before = told.get(alert.id);
  const escalated = isEscalated(alert);
  told.set(alert.id, { escalated });
  const isNew = !before || (escalated && !before.escalated);
  if (!isNew || alert.state !== "open" || alert.backfilled || alert.ended_at || isMuted(alert)) return;
  const toast = { alert, escalated };
  toasts.value = [...toasts.value.filter((other) => other.alert.id !== alert.id), toast].slice(-TOASTS);
  setTimeout(() => dropToast(toast), TOAST_MS);
}

export function dropToast(toast: Toast): void {
  toasts.value = toasts.value.filter((other) => other !== toast);
}
