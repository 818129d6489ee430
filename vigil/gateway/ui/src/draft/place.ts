/** Places in a document, as the centre's faults name them, and documents that differ in one place. Nothing is altered. */

import type { DocumentFault } from "@/api/types";

export type Place = readonly (string | number)[];

/** "site.halls[0].name" */
export const dotted = (place: Place): string =>
  place.reduce<string>((text, part) => text + (typeof part === "number" ? `[${part}]` : `.${part}`), "site");

export function valueAt(document: unknown, place: Place): unknown {
  return place.reduce<unknown>((value, part) => (value as Record<string | number, unknown> | undefined)?.[part], document);
}

/** The same with another value there; `undefined` takes the key out, or the item. */
export function put<Document>(document: Document, place: Place, value: unknown): Document {
  const [part, ...rest] = place;
  if (part === undefined) return value as Document;
  if (typeof part === "number") {
    const list = [...((document as unknown[] | undefined) ?? [])];
    const inner = put(list[part], rest, value);
    list.splice(part, 1, ...(inner === undefined ? [] : [inner]));
    return list as Document;
  }
  const { [part]: before, ...others } = (document ?? {}) as Record<string, unknown>;
  const inner = put(before, rest, value);
  if (inner === undefined) return others as Document;
  // A key that is there keeps its place among the others.
  return (part in ((document ?? {}) as object) ? { ...(document as object), [part]: inner } : { ...others, [part]: inner }) as Document;
}

export function append<Document>(document: Document, place: Place, item: unknown): Document {
  return put(document, [...place, ((valueAt(document, place) as unknown[] | undefined) ?? []).length], item);
}

/** Those of the place itself and of all within it. */
export function faultsWithin(faults: readonly DocumentFault[], place: Place): DocumentFault[] {
  const where = dotted(place);
  return faults.filter((fault) => fault.where === where || fault.where.startsWith(`${where}.`) || fault.where.startsWith(`${where}[`));
}

export const faultsAt = (faults: readonly DocumentFault[], place: Place): DocumentFault[] =>
  faults.filter((fault) => fault.where === dotted(place));
