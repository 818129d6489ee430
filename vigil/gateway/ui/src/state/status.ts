/** What the centre believes now of every window, queue, camera and node. */

import { computed, shallowRef } from "vue";

import * as api from "@/api/calls";
import type { CameraStatus, HallView, QueueStatus, Status, WindowStatus } from "@/api/types";

export const status = shallowRef<Status | null>(null);

const indexed = <Item>(items: Item[] | undefined, key: (item: Item) => string) =>
  new Map((items ?? []).map((item) => [key(item), item]));

export const windowStatus = computed(() => indexed<WindowStatus>(status.value?.windows, (w) => w.window));
export const queueStatus = computed(() => indexed<QueueStatus>(status.value?.queues, (q) => q.group));
export const cameraStatus = computed(() => indexed<CameraStatus>(status.value?.cameras, (c) => c.camera));
export const nodesDown = computed(() => (status.value?.nodes ?? []).filter((node) => !node.connected));

export async function loadStatus(): Promise<void> {
  status.value = await api.status();
}

/** How a window is drawn: four looks, of which only one is an absence. */
export type Look = "staffed" | "unstaffed" | "unknown" | "out";

export function lookOf(window: WindowStatus | undefined): Look {
  if (!window) return "unknown";
  return window.in_service ? window.staffing : "out";
}

export interface Tally {
  staffed: number;
  unknown: number;
  inService: number;
}

export function tallyOf(hall: HallView, known: ReadonlyMap<string, WindowStatus>): Tally {
  const looks = hall.groups.flatMap((group) => group.windows.map((window) => lookOf(known.get(window.id))));
  const count = (look: Look) => looks.filter((other) => other === look).length;
  return { staffed: count("staffed"), unknown: count("unknown"), inService: looks.length - count("out") };
}
