/** Holds by the case that they are for. */

import type { Hold } from "@/api/types";

export const holdsAt = (hold: Hold, at: Date): boolean =>
  hold.released_at === null && (hold.until_at === null || Date.parse(hold.until_at) > at.getTime());

/** In the order of their newest; a case's spans by the time of the footage. */
export function byCase(holds: Hold[]): { name: string; holds: Hold[] }[] {
  const cases = new Map<string, Hold[]>();
  for (const hold of holds) cases.set(hold.case, [...(cases.get(hold.case) ?? []), hold]);
  return [...cases].map(([name, all]) => ({ name, holds: all.sort((a, b) => Date.parse(a.from_at) - Date.parse(b.from_at)) }));
}
