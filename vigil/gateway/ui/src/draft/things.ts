/** The things of a site that have a form, and which of them a place is in. Windows are edited with their group. */

import type { SiteDoc } from "./document";
import type { Place } from "./place";

export type Thing =
  | { noun: "site" }
  | { noun: "calendar"; name: string }
  | { noun: "hall"; hall: number }
  | { noun: "group"; hall: number; group: number }
  | { noun: "camera"; hall: number; camera: number };

export function placeOf(thing: Thing): Place {
  switch (thing.noun) {
    case "site":
      return [];
    case "calendar":
      return ["calendars", thing.name];
    case "hall":
      return ["halls", thing.hall];
    case "group":
      return ["halls", thing.hall, "groups", thing.group];
    case "camera":
      return ["halls", thing.hall, "cameras", thing.camera];
  }
}

/** The nearest thing around what a fault names ("site.halls[0].cameras[1].url"). */
export function thingAt(site: SiteDoc, where: string): Thing {
  const hall = /^site\.halls\[(\d+)\](?:\.(groups|cameras)\[(\d+)\])?/.exec(where);
  if (hall) {
    const [number, inner] = [Number(hall[1]), Number(hall[3])];
    if (hall[2] === "groups") return { noun: "group", hall: number, group: inner };
    return hall[2] === "cameras" ? { noun: "camera", hall: number, camera: inner } : { noun: "hall", hall: number };
  }
  const calendar = Object.keys(site.calendars ?? {})
    .filter((name) => where === `site.calendars.${name}` || where.startsWith(`site.calendars.${name}.`) || where.startsWith(`site.calendars.${name}[`))
    .sort((a, b) => b.length - a.length)[0];
  return calendar === undefined ? { noun: "site" } : { noun: "calendar", name: calendar };
}

/** Whether the site has it: what was chosen may have gone by a step that was taken back. */
export function has(site: SiteDoc, thing: Thing): boolean {
  switch (thing.noun) {
    case "site":
      return true;
    case "calendar":
      return thing.name in (site.calendars ?? {});
    case "hall":
      return site.halls?.[thing.hall] !== undefined;
    case "group":
      return site.halls?.[thing.hall]?.groups?.[thing.group] !== undefined;
    case "camera":
      return site.halls?.[thing.hall]?.cameras?.[thing.camera] !== undefined;
  }
}

export const same = (a: Thing, b: Thing): boolean => JSON.stringify(placeOf(a)) === JSON.stringify(placeOf(b));
