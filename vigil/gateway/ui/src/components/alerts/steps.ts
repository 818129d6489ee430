/** Which steps an alert's state and a person's permissions allow, and what a form still lacks. */

import type { AlertState, AlertStep, DismissReason, Permission } from "@/api/types";

export type Offered = Exclude<AlertStep, "escalate">;
/** Steps that ask for something before they are taken. */
export type Asked = Exclude<Offered, "acknowledge">;

const UNDECIDED: AlertState[] = ["open", "acknowledged"];
const DECIDED: AlertState[] = ["confirmed", "dismissed", "rectified"];
const STEPS: [Offered, AlertState[], Permission][] = [
  ["acknowledge", ["open"], "acknowledge"],
  ["confirm", UNDECIDED, "decide"],
  ["dismiss", UNDECIDED, "decide"],
  ["rectify", ["confirmed"], "decide"],
  ["reopen", DECIDED, "reopen"],
  ["assign", [...UNDECIDED, "confirmed"], "acknowledge"],
  ["comment", [...UNDECIDED, ...DECIDED], "acknowledge"],
];

export const allowed = (state: AlertState, can: (permission: Permission) => boolean): Offered[] =>
  STEPS.filter(([, states, permission]) => states.includes(state) && can(permission)).map(([step]) => step);

export type Lacking = "reason" | "words" | "to";

export function lacking(step: Asked, words: string, reason: DismissReason | "", to: string): Lacking | null {
  if (step === "dismiss" && !reason) return "reason";
  if (step === "assign" && !to) return "to";
  const needsWords = step === "rectify" || step === "reopen" || step === "comment" || reason === "other";
  return needsWords && !words ? "words" : null;
}
