/** The halls, windows and cameras by their ids, and the site's time zone. */

import { computed, shallowRef } from "vue";

import * as api from "@/api/calls";
import type { CameraView, GroupView, HallView, SiteView, WindowView } from "@/api/types";
import * as time from "@/words/time";
import { now } from "./now";

export interface Placed<Thing> {
  thing: Thing;
  hall: HallView;
}

export const site = shallowRef<SiteView | null>(null);
export const halls = computed<HallView[]>(() => site.value?.halls ?? []);
export const zone = computed(() => site.value?.time_zone ?? time.DEFAULT_ZONE);

export const hallsById = computed(() => new Map(halls.value.map((hall) => [hall.id, hall])));
export const camerasById = computed(() => placed<CameraView>((hall) => hall.cameras));
export const groupsById = computed(() => placed<GroupView>((hall) => hall.groups));
export const windowsById = computed(() => placed<WindowView>((hall) => hall.groups.flatMap((group) => group.windows)));

function placed<Thing extends { id: string }>(of: (hall: HallView) => Thing[]): Map<string, Placed<Thing>> {
  return new Map(halls.value.flatMap((hall) => of(hall).map((thing) => [thing.id, { thing, hall }] as const)));
}

export async function loadSite(): Promise<void> {
  site.value ??= await api.site();
}

/** It may have changed. */
export async function reloadSite(): Promise<void> {
  site.value = await api.site();
}

export function forgetSite(): void {
  site.value = null;
}

/** A name for an id, or the id itself: a record may outlive what it names. */
export const hallName = (id: string) => hallsById.value.get(id)?.name ?? id;
export const cameraName = (id: string) => camerasById.value.get(id)?.thing.name ?? id;
export const windowName = (id: string) => windowsById.value.get(id)?.thing.name ?? id;
export const groupName = (id: string) => groupsById.value.get(id)?.thing.name ?? id;

/** Times in the site's zone. */
export const moment = (at: string | Date) => time.momentOf(at, zone.value);
export const shortMoment = (at: string | Date) => time.shortMomentOf(at, now.value, zone.value);
export const clock = (at: string | Date) => time.clockOf(at, zone.value);

/** "2026-11-23 09:02:03 – 09:12:03", with the day of the end when it is another one. */
export function span(from: string | Date, to: string | Date): string {
  const sameDay = time.dayOf(from, zone.value) === time.dayOf(to, zone.value);
  return `${moment(from)} – ${sameDay ? clock(to) : moment(to)}`;
}
