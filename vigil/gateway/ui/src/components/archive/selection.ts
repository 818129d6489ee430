/** The day and the range that are being chosen, and the recordings of that day. */

import { computed, onScopeDispose, ref, shallowRef, watch } from "vue";

import * as api from "@/api/calls";
import type { Timeline } from "@/api/types";
import { zone } from "@/state/site";
import { boundsOf, clockOf, dayOf, instantOf, readClock, shiftDay } from "@/words/time";
import { type Range, covered, merge, rangeOf } from "./timeline";

export function useSelection(camera: () => string | null) {
  const day = ref(dayOf(new Date(), zone.value));
  const fromText = ref("");
  const toText = ref("");
  const timeline = shallowRef<Timeline | null>(null);
  const failure = shallowRef<unknown>(null);
  let abort = new AbortController();

  const bounds = computed<Range>(() => {
    const { from, to } = boundsOf(day.value, zone.value);
    return { from: from.getTime(), to: to.getTime() };
  });
  const recorded = computed(() => merge((timeline.value?.segments ?? []).map(rangeOf)));
  const instant = (text: string) => {
    const clock = readClock(text);
    return clock && day.value ? instantOf(day.value, clock, zone.value).getTime() : null;
  };
  /** null while one of the two times is missing or is no time. */
  const range = computed<Range | null>(() => {
    const [from, to] = [instant(fromText.value), instant(toText.value)];
    return from === null || to === null ? null : { from, to };
  });
  const coveredMs = computed(() => (range.value ? covered(recorded.value, range.value) : 0));

  function choose(next: Range): void {
    fromText.value = clockOf(new Date(next.from), zone.value);
    // The day's last instant is 24:00, which is no time of day.
    toText.value = clockOf(new Date(Math.min(next.to, bounds.value.to - 1_000)), zone.value);
  }

  const shift = (days: number) => (day.value = shiftDay(day.value, days));

  async function load(): Promise<void> {
    abort.abort();
    abort = new AbortController();
    const { signal } = abort;
    const id = camera();
    timeline.value = null;
    failure.value = null;
    if (!id || !day.value) return;
    const { from, to } = boundsOf(day.value, zone.value);
    try {
      timeline.value = await api.timeline(id, from.toISOString(), to.toISOString(), signal);
    } catch (error) {
      if (!signal.aborted) failure.value = error;
    }
  }

  watch([camera, day], load, { immediate: true });
  onScopeDispose(() => abort.abort());

  return { day, fromText, toText, timeline, failure, bounds, recorded, range, coveredMs, choose, shift, load };
}
