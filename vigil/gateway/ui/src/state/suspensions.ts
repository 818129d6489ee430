/** Pauses, leave and substitutes that run or are to come, of all windows. */

import { computed, shallowRef } from "vue";

import * as api from "@/api/calls";
import type { Suspension } from "@/api/types";
import { runningByWindow, withSuspension } from "@/words/suspension";
import { now } from "./now";

const known = shallowRef<ReadonlyMap<string, Suspension>>(new Map());

export const suspensions = computed(() => [...known.value.values()]);
/** Those in force now, by window. */
export const suspended = computed(() => runningByWindow(known.value.values(), now.value));

export async function loadSuspensions(): Promise<void> {
  const found: Suspension[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof api.suspensions>> = await api.suspensions(new Date().toISOString(), cursor);
    found.push(...page.items);
    cursor = page.next;
  } while (cursor);
  known.value = new Map(found.map((one) => [one.id, one]));
}

export function takeSuspension(one: Suspension): void {
  known.value = withSuspension(known.value, one, new Date());
}

export function forgetSuspensions(): void {
  known.value = new Map();
}
