/** What the centre believes now of every window, queue, camera and node. */

import { computed, shallowRef } from "vue";

import * as api from "@/api/calls";
import type { CameraStatus, HallView, QueueStatus, Status, Suspension, WindowStatus } from "@/api/types";

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

/** How a window is drawn: five looks, of which only one is an absence. */
export type Look = "staffed" | "unstaffed" | "unknown" | "suspended" | "out";

/** What a person has entered counts before its node has heard of it; outside the hours it changes nothing. */
export function lookOf(window: WindowStatus | undefined, suspension: Suspension | undefined): Look {
  if (window?.suspended) return "suspended";
  if (suspension && window?.in_service !== false) return "suspended";
  if (!window) return "unknown";
  return window.in_service ? window.staffing : "out";
}

export interface Tally {
  staffed: number;
  unknown: number;
  inService: number;
}

export function tallyOf(
  hall: HallView,
  known: ReadonlyMap<string, WindowStatus>,
  suspended: ReadonlyMap<string, Suspension>,
): Tally {
  const windows = hall.groups.flatMap((group) => group.windows);
  const looks = windows.map((window) => lookOf(known.get(window.id), suspended.get(window.id)));
  const count = (look: Look) => looks.filter((other) => other === look).length;
  return { staffed: count("staffed"), unknown: count("unknown"), inService: looks.length - count("out") - count("suspended") };
}
