/** What a camera's zones belong to, and what is wrong with them. The centre says the same of what is sent to it. */

import type { CameraDoc, HallDoc, ZoneDoc, ZoneKind } from "./document";
import { type PolygonFault, type ZonePoint, faultOf } from "./polygon";

export const ZONE_KINDS: readonly ZoneKind[] = ["staff-area", "visitor-spot", "queue"];

export type ZoneFault = PolygonFault | "ownerMissing" | "ownerUnknown" | "shownTwice";

export interface Owner {
  id: string;
  name: string;
}

export const ownerKey = (kind: ZoneKind): "window" | "group" => (kind === "queue" ? "group" : "window");

/** Those that a zone of this kind may belong to. */
export function ownersOf(hall: HallDoc, kind: ZoneKind): Owner[] {
  const groups = hall.groups ?? [];
  return kind === "queue" ? groups : groups.flatMap((group) => group.windows);
}

/** Of another kind: it belongs to nothing that it cannot belong to, and has no rates that were found for the other. */
export function asKind(zone: ZoneDoc, kind: ZoneKind): ZoneDoc {
  if (kind === zone.kind) return zone;
  const { window, group, polygon } = zone;
  const owner = kind === "queue" ? { group } : { window };
  return withoutNothing({ kind, polygon, ...owner });
}

/** What was calibrated was so of the other window. */
export function ofOwner(zone: ZoneDoc, id: string): ZoneDoc {
  return { kind: zone.kind, polygon: zone.polygon, [ownerKey(zone.kind)]: id };
}

/** A box in the middle, for who has no mouse: its corners are moved from there. */
export function box(kind: ZoneKind, owner: string | null): ZoneDoc {
  return newZone(kind, owner, [[0.4, 0.4], [0.6, 0.4], [0.6, 0.6], [0.4, 0.6]]);
}

export function newZone(kind: ZoneKind, owner: string | null, polygon: ZonePoint[]): ZoneDoc {
  return withoutNothing({ kind, polygon, [ownerKey(kind)]: owner ?? undefined });
}

/** The first that has no zone of this kind in the picture. */
export function nextOwner(hall: HallDoc, camera: CameraDoc, kind: ZoneKind): string | null {
  const key = ownerKey(kind);
  const drawn = new Set((camera.zones ?? []).filter((zone) => zone.kind === kind).map((zone) => zone[key]));
  return ownersOf(hall, kind).find((owner) => !drawn.has(owner.id))?.id ?? null;
}

/** By the number of the zone. */
export function zoneFaults(hall: HallDoc, camera: CameraDoc): ZoneFault[][] {
  return (camera.zones ?? []).map((zone) => {
    const found: ZoneFault[] = [];
    const shape = faultOf(zone.polygon);
    if (shape) found.push(shape);
    const owner = zone[ownerKey(zone.kind)];
    if (owner === undefined) found.push("ownerMissing");
    else if (!ownersOf(hall, zone.kind).some((one) => one.id === owner)) found.push("ownerUnknown");
    else if (zone.kind === "staff-area" && needsSeveral(hall, owner) && shownElsewhere(hall, camera, owner)) found.push("shownTwice");
    return found;
  });
}

const needsSeveral = (hall: HallDoc, window: string): boolean =>
  (hall.groups ?? []).some((group) => group.windows.some((one) => one.id === window && (one.staff ?? 1) > 1));

const shownElsewhere = (hall: HallDoc, camera: CameraDoc, window: string): boolean =>
  (hall.cameras ?? []).some((other) => other.id !== camera.id && (other.zones ?? []).some((zone) => zone.kind === "staff-area" && zone.window === window));

function withoutNothing(zone: Record<string, unknown>): ZoneDoc {
  return Object.fromEntries(Object.entries(zone).filter(([, value]) => value !== undefined)) as unknown as ZoneDoc;
}
