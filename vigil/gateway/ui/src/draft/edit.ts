/** Changes of a site that touch more than one place: things that are new, and names that others refer to. */

import type { CameraDoc, GroupDoc, HallDoc, SiteDoc, WindowDoc } from "./document";
import { type Place, put } from "./place";

/** "hall-3", where that is not taken. */
export function freshId(stem: string, taken: Iterable<string>): string {
  const known = new Set(taken);
  let number = known.size + 1;
  while (known.has(`${stem}-${number}`)) number += 1;
  return `${stem}-${number}`;
}

const hallsOf = (site: SiteDoc) => site.halls ?? [];
const groupsOf = (site: SiteDoc) => hallsOf(site).flatMap((hall) => hall.groups ?? []);
const windowsOf = (site: SiteDoc) => groupsOf(site).flatMap((group) => group.windows);
const camerasOf = (site: SiteDoc) => hallsOf(site).flatMap((hall) => hall.cameras ?? []);
const ids = (things: { id: string }[]) => things.map((thing) => thing.id);

export const newHall = (site: SiteDoc): HallDoc => ({
  id: freshId("hall", ids(hallsOf(site))),
  name: "",
  department: "",
  calendar: Object.keys(site.calendars ?? {})[0] ?? "",
});

export const newGroup = (site: SiteDoc, hall: HallDoc): GroupDoc => ({ id: freshId(`${hall.id}-group`, ids(groupsOf(site))), name: "", windows: [] });

export const newWindow = (site: SiteDoc, hall: HallDoc): WindowDoc => ({ id: freshId(`${hall.id}-w`, ids(windowsOf(site))), name: "" });

export const newCamera = (site: SiteDoc, hall: HallDoc, nodes: string[]): CameraDoc => ({
  id: freshId(`${hall.id}-cam`, ids(camerasOf(site))),
  name: "",
  url: "rtsp://",
  ...(nodes.length > 1 ? { node: nodes[0] } : {}),
});

/** The things of these kinds that the site has, so that an id that was given is not given anew. */
export function knownIds(site: SiteDoc | null): Set<string> {
  if (site === null) return new Set();
  return new Set([...ids(hallsOf(site)), ...ids(groupsOf(site)), ...ids(windowsOf(site)), ...ids(camerasOf(site))]);
}

/** With another id for a window or a group, and the zones that belong to it. An id that stands twice is nobody's: then the thing's alone. */
export function withId(site: SiteDoc, place: Place, before: string, after: string): SiteDoc {
  const renamed = put(site, [...place, "id"], after);
  const key = place.at(-2) === "windows" ? "window" : place.at(-2) === "groups" ? "group" : null;
  const all = ids(key === "window" ? windowsOf(site) : groupsOf(site));
  if (key === null || all.filter((one) => one === before).length !== 1) return renamed;
  return withZones(renamed, (zone) => (zone[key] === before ? { ...zone, [key]: after } : zone));
}

/** With another name for a calendar, wherever it is named. */
export function withCalendarName(site: SiteDoc, before: string, after: string): SiteDoc {
  const calendars = Object.fromEntries(Object.entries(site.calendars ?? {}).map(([name, one]) => [name === before ? after : name, one]));
  const named = <Thing extends { calendar?: string }>(thing: Thing): Thing => (thing.calendar === before ? { ...thing, calendar: after } : thing);
  const halls = hallsOf(site).map((hall) => ({
    ...named(hall),
    ...(hall.groups ? { groups: hall.groups.map((group) => ({ ...group, windows: group.windows.map(named) })) } : {}),
    ...(hall.cameras ? { cameras: hall.cameras.map((camera) => (camera.recording ? { ...camera, recording: named(camera.recording) } : camera)) } : {}),
  }));
  return { ...site, calendars, ...(site.halls ? { halls } : {}) };
}

function withZones(site: SiteDoc, change: (zone: NonNullable<CameraDoc["zones"]>[number]) => NonNullable<CameraDoc["zones"]>[number]): SiteDoc {
  const halls = hallsOf(site).map((hall) =>
    hall.cameras ? { ...hall, cameras: hall.cameras.map((camera) => (camera.zones ? { ...camera, zones: camera.zones.map(change) } : camera)) } : hall,
  );
  return site.halls ? { ...site, halls } : site;
}
