/** An estimated wait in whole minutes, always with its range: more would feign an exactness that nobody has. */

import type { Wait } from "@/api/types";
import type { Dictionary } from "@/i18n/zh";

const MINUTE = 60;

/** «约 12 分钟（8–19）»; the low end is rounded down and the high end up, so that the range stays true. */
export function waitInWords(wait: Wait, t: Dictionary): string {
  const low = Math.floor(wait.low_s / MINUTE);
  const high = Math.ceil(wait.high_s / MINUTE);
  if (high <= 1) return t.queue.noWait;
  return t.queue.wait(Math.max(1, Math.round(wait.median_s / MINUTE)), low, high);
}
