/** What stands in the form for a suspension, and what is wrong with it. */

import type { SuspensionKind } from "@/api/types";
import { instantOf, readClock } from "@/words/time";

export const LONGEST_MS = 31 * 86_400_000;
/** Offered as lengths, in minutes. */
export const LENGTHS = [30, 60, 120] as const;

export interface Draft {
  kind: SuspensionKind;
  /** It begins at once; `fromDay` and `fromClock` are for one that does not. */
  atOnce: boolean;
  fromDay: string;
  fromClock: string;
  toDay: string;
  toClock: string;
  note: string;
}

export type Fault = "badTime" | "badRange" | "tooLong" | "inPast" | "noteMissing";

export interface Span {
  /** null: at once. */
  from: Date | null;
  to: Date;
}

/** The times of the draft; null while one of them is none. */
export function spanOf(draft: Draft, zone: string): Span | null {
  const to = instant(draft.toDay, draft.toClock, zone);
  const from = draft.atOnce ? null : instant(draft.fromDay, draft.fromClock, zone);
  return to && (draft.atOnce || from) ? { from, to } : null;
}

/** Why the draft cannot be entered; null when it can. The note is looked at last: it is written last. */
export function faultOf(draft: Draft, now: Date, zone: string): Fault | null {
  const span = spanOf(draft, zone);
  if (!span) return "badTime";
  const begins = (span.from ?? now).getTime();
  if (begins < now.getTime() - 60_000) return "inPast";
  if (span.to.getTime() <= begins) return "badRange";
  if (span.to.getTime() - begins > LONGEST_MS) return "tooLong";
  return draft.note.trim() ? null : "noteMissing";
}

function instant(day: string, clock: string, zone: string): Date | null {
  const read = readClock(clock);
  return read && day ? instantOf(day, read, zone) : null;
}
