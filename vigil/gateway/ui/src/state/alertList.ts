/** The list of alerts on the alerts page: filtered, paged, kept up to date by the feed. */

import { onScopeDispose, ref, shallowRef, watch } from "vue";

import * as api from "@/api/calls";
import type { AlertFilter } from "@/api/calls";
import type { AlertView } from "@/api/types";
import { append, place, withClip } from "./alerts";
import { listen } from "./feed";

export function useAlertList(filter: () => AlertFilter) {
  const items = shallowRef<AlertView[]>([]);
  const cursor = shallowRef<string | null>(null);
  const loading = ref(false);
  const failure = shallowRef<unknown>(null);
  /** Told while a page was on its way, which may be older than they are. */
  const late: AlertView[] = [];
  let abort = new AbortController();

  function take(alert: AlertView): void {
    if (loading.value) late.push(alert);
    items.value = place(items.value, alert, filter(), cursor.value === null);
  }

  async function load(from: string | null): Promise<void> {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    loading.value = true;
    failure.value = null;
    try {
      const page = await api.alerts(filter(), from, 50, signal);
      items.value = append(from ? items.value : [], page.items);
      cursor.value = page.next;
      for (const alert of late.splice(0)) items.value = place(items.value, alert, filter(), cursor.value === null);
    } catch (error) {
      if (!signal.aborted) failure.value = error;
    } finally {
      if (!signal.aborted) loading.value = false;
    }
  }

  const reload = () => load(null);
  const more = () => (cursor.value && !loading.value ? load(cursor.value) : Promise.resolve());

  onScopeDispose(
    listen({
      alert: take,
      clip: (clip) => (items.value = withClip(items.value, clip)),
      refetch: reload,
    }),
  );
  onScopeDispose(() => abort.abort());
  watch(filter, reload, { immediate: true });

  return { items, cursor, loading, failure, reload, more };
}
