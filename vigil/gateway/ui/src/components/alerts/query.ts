/** The filter as it stands in the address. */

import type { AlertFilter } from "@/api/calls";
import type { AlertKind, AlertState } from "@/api/types";

type Query = Record<string, unknown>;

const text = (value: unknown) => (typeof value === "string" && value ? value : null);

export function filterFrom(query: Query): AlertFilter {
  return {
    hall: text(query["hall"]),
    kind: text(query["kind"]) as AlertKind | null,
    state: text(query["state"]) as AlertState | null,
    active: query["active"] === "true" || null,
  };
}

export function queryFrom(filter: AlertFilter): Record<string, string> {
  const entries = Object.entries(filter).filter(([, value]) => value);
  return Object.fromEntries(entries.map(([key, value]) => [key, String(value)]));
}
