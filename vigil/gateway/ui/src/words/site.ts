/** Values of the site's keys in words, and those that are better drawn. */

import type { ZonePoint } from "@/draft/polygon";

/** A value as the centre tells it, in JSON; a text without its quotes. `usual` is said where there is none. */
export function valueInWords(value: string | null, usual: string): string {
  if (value === null) return usual;
  return value.startsWith('"') ? (JSON.parse(value) as string) : value;
}

/** The corners where the key is a zone's polygon; null: there is none. */
export function polygonIn(key: string, value: string | null): ZonePoint[] | null {
  return value !== null && key.startsWith("zones.") && key.endsWith(".polygon") ? (JSON.parse(value) as ZonePoint[]) : null;
}
