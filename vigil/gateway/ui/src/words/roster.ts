/** What is said of a roster's rows, and what is wrong with a file. */

import type { Problem, RosterFault } from "@/api/types";
import type { Dictionary } from "@/i18n/zh";
import { wordOf } from "./facts";

/** «第 3 列“起”：“上午”不是时间。应为：…» */
export function faultInWords(fault: RosterFault, t: Dictionary): string {
  const say = t.roster.faults[fault.what];
  const column = (fault.column && t.roster.columns[fault.column]) || "";
  return say ? say(fault.value, fault.right.join(t.roster.or), column) : fault.what;
}

/** null: it is not the file that is wrong. */
export function fileFaultInWords(problem: Partial<Problem>, t: Dictionary): string | null {
  const words = wordOf(t.roster.files, problem.fault);
  if (!words) return null;
  const right = (problem.right ?? []).join(t.roster.or);
  return right ? `${words}${right}` : words;
}
