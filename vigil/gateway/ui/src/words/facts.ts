/** What an alert says, in words. Fair to people: a candidate is never worded as an absence before somebody confirmed it. */

import type { AlertView, ClipView, Gap } from "@/api/types";
import type { Dictionary } from "@/i18n/zh";
import { duration } from "./figures";
import { waitInWords } from "./wait";

/** A word of a closed list, or the value itself when a newer centre says more than this screen knows. */
export function wordOf(words: Record<string, string>, value: string | null | undefined): string {
  return value ? (words[value] ?? value) : "";
}

/** The figures behind an alert: «已离岗 15 秒», «12 人等候，5 个窗口中 3 个无人», «画面丢失». */
export function factsInWords(alert: AlertView, t: Dictionary): string {
  if (alert.kind === "unserved-visitor") return unservedInWords(alert, t);
  if (alert.kind === "window-unstaffed") return absenceInWords(alert, t);
  if (alert.kind === "queue-buildup") return queueInWords(alert, t);
  return wordOf(t.why, alert.facts.why) || t.facts.fault;
}

function unservedInWords({ facts }: AlertView, t: Dictionary): string {
  const parts: string[] = [];
  if (typeof facts.waited_s === "number") parts.push(t.facts.waited(duration(facts.waited_s, t.units)));
  if (typeof facts.absent_s === "number") parts.push(t.facts.nobodyFor(duration(facts.absent_s, t.units)));
  return parts.join(t.facts.join) || t.facts.unserved;
}

function absenceInWords({ facts }: AlertView, t: Dictionary): string {
  if (typeof facts.present === "number" && typeof facts.required === "number") {
    const present = t.facts.present(facts.present, facts.required);
    return typeof facts.absent_s === "number" ? [present, t.facts.lasting(duration(facts.absent_s, t.units))].join(t.facts.join) : present;
  }
  return typeof facts.absent_s === "number" ? t.facts.absent(duration(facts.absent_s, t.units)) : t.facts.absentOpen;
}

function queueInWords({ facts }: AlertView, t: Dictionary): string {
  const parts: string[] = [];
  if (typeof facts.waiting === "number") parts.push(t.facts.waiting(facts.waiting));
  if (typeof facts.longest_wait_s === "number") parts.push(t.queue.longest(duration(facts.longest_wait_s, t.units)));
  else if (facts.source === "tickets") parts.push(t.queue.tickets);
  if (typeof facts.in_service === "number") {
    const empty = facts.empty_windows?.length ?? 0;
    parts.push(t.facts.empty(facts.in_service, empty));
  }
  // Windows that cannot be seen are named beside the empty ones, never among them.
  if (facts.unknown) parts.push(t.facts.unknown(facts.unknown));
  const { wait_s, wait_low_s, wait_high_s } = facts;
  if (typeof wait_s === "number" && typeof wait_low_s === "number" && typeof wait_high_s === "number") {
    parts.push(t.facts.wait(waitInWords({ median_s: wait_s, low_s: wait_low_s, high_s: wait_high_s }, t)));
  }
  return parts.join(t.facts.join) || t.facts.queue;
}

/** "still going on" or how it ended. */
export function courseInWords(alert: AlertView, t: Dictionary): string {
  if (!alert.ended_at) return t.alert.ongoing;
  return wordOf(t.endReason, alert.end_reason) || t.alert.ended;
}

export function gapInWords(gap: Gap, t: Dictionary): string {
  return wordOf(t.gapCause, gap.cause);
}

/** True when there is something to play. */
export const playable = (clip: ClipView): boolean => clip.state === "ready" || clip.state === "partial";
