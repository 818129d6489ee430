/** A period beside the one before it. Null is nothing known, and never zero; which way is better is nobody's to say here. */

import type { Measure } from "@/api/types";
import { NOTHING, percent } from "@/words/report";

type Form = "share" | "minutes" | "hours" | "count";

const FORMS: Record<Measure, Form> = {
  service_s: "hours",
  unknown_share: "share",
  staffing_rate: "share",
  absent_s: "minutes",
  unserved: "count",
  confirmed: "count",
  wait_median_s: "minutes",
  wait_p90_s: "minutes",
  completeness: "share",
};

/** In the order in which they stand beside each other. */
export const MEASURES = Object.keys(FORMS) as Measure[];

const SIZE: Record<Form, [number, number]> = { share: [100, 1], minutes: [1 / 60, 1], hours: [1 / 3600, 1], count: [1, 0] };

export function valueOf(measure: Measure, value: number | null): string {
  if (value === null) return NOTHING;
  const form = FORMS[measure];
  const [size, digits] = SIZE[form];
  return form === "share" ? percent(value) : (value * size).toFixed(digits);
}

/** "+0.8", "−12": with its sign, a share in points of a hundred. */
export function differenceOf(measure: Measure, difference: number | null, points: (n: string) => string): string {
  if (difference === null) return NOTHING;
  const form = FORMS[measure];
  const [size, digits] = SIZE[form];
  const rounded = Math.abs(difference * size).toFixed(digits);
  const sign = Number(rounded) === 0 ? "±" : difference < 0 ? "−" : "+";
  return form === "share" ? points(`${sign}${rounded}`) : `${sign}${rounded}`;
}
