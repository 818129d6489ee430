/** Which steps an entry and a person's permissions allow. */

import type { LedgerEntry, LedgerStep, Permission } from "@/api/types";

export type ByHand = Exclude<LedgerStep, "enter" | "attach" | "due-soon" | "overdue">;

const LIVE = ["due", "fixed", "accepted"];
const STEPS: [ByHand, string[]][] = [
  ["report-fixed", ["due"]],
  ["accept", ["fixed"]],
  ["send-back", ["fixed"]],
  ["close", ["accepted"]],
  ["change", ["due", "fixed"]],
  ["remark", LIVE],
  ["withdraw", LIVE],
];

const FINDERS: ByHand[] = ["remark"];

export function allowedSteps(entry: LedgerEntry, can: (permission: Permission) => boolean): ByHand[] {
  const release: ByHand[] = entry.kind === "finding" && !entry.number && LIVE.includes(entry.state) ? ["release"] : [];
  const steps = [...release, ...STEPS.filter(([, states]) => states.includes(entry.state)).map(([step]) => step)];
  if (can("keep-ledger")) return steps;
  if (entry.kind !== "finding" || !can("enter-findings")) return [];
  return steps.filter((step) => step === "release" || FINDERS.includes(step));
}

export const mayAttach = (entry: LedgerEntry, can: (permission: Permission) => boolean): boolean =>
  LIVE.includes(entry.state) && (can("keep-ledger") || (entry.kind === "finding" && can("enter-findings")));

export const needsWords = (step: ByHand): boolean => ["remark", "report-fixed", "send-back", "withdraw"].includes(step);
/** Steps that ask for nothing and are taken at once. */
export const isPlain = (step: ByHand): boolean => step === "release";
