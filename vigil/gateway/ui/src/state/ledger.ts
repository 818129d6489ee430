/** The list of the ledger: filtered, paged, kept up to date by the feed. */

import { onScopeDispose, ref, shallowRef, watch } from "vue";

import * as api from "@/api/calls";
import type { LedgerFilter } from "@/api/calls";
import type { LedgerEntry } from "@/api/types";
import { listen } from "./feed";

export const matchesEntry = (filter: LedgerFilter, entry: LedgerEntry): boolean =>
  (!filter.hall || filter.hall === entry.hall) &&
  (!filter.kind || filter.kind === entry.kind) &&
  (!filter.state || filter.state === entry.state) &&
  (!filter.overdue || entry.overdue);

/** With `entry` in its place, the latest first; taken out when it no longer matches. */
export function placeEntry(items: LedgerEntry[], entry: LedgerEntry, filter: LedgerFilter, complete: boolean): LedgerEntry[] {
  const known = items.some((item) => item.id === entry.id);
  const rest = items.filter((item) => item.id !== entry.id);
  if (!matchesEntry(filter, entry)) return rest;
  const last = items.at(-1);
  // One that is older than the last is left for the next page to bring.
  if (!known && !complete && last && entry.entered_at < last.entered_at) return items;
  return [...rest, entry].sort((a, b) => b.entered_at.localeCompare(a.entered_at) || b.id.localeCompare(a.id));
}

export function useLedger(filter: () => LedgerFilter) {
  const items = shallowRef<LedgerEntry[]>([]);
  const cursor = shallowRef<string | null>(null);
  const loading = ref(false);
  const failure = shallowRef<unknown>(null);
  let turn = 0;

  async function load(from: string | null): Promise<void> {
    const mine = ++turn;
    loading.value = true;
    failure.value = null;
    try {
      const page = await api.ledger(filter(), from);
      if (mine !== turn) return;
      items.value = from ? [...items.value, ...page.items.filter((one) => !items.value.some((other) => other.id === one.id))] : page.items;
      cursor.value = page.next;
    } catch (error) {
      if (mine === turn) failure.value = error;
    } finally {
      if (mine === turn) loading.value = false;
    }
  }

  const reload = () => load(null);
  const more = () => load(cursor.value);
  const take = (entry: LedgerEntry) => (items.value = placeEntry(items.value, entry, filter(), cursor.value === null));

  onScopeDispose(listen({ ledger: take, refetch: reload }));
  watch(filter, reload, { immediate: true, deep: true });

  return { items, cursor, loading, failure, reload, more, take };
}
