/** Where a live picture should stand in what is buffered: pure decisions, no browser objects. Seconds of media time. */

export interface Span {
  start: number;
  end: number;
}

export interface Limits {
  /** Kept behind the playing position; older is removed. */
  keepBehindS: number;
  /** Further behind the newest picture than this: jump. */
  jumpBehindS: number;
  /** Further behind than this: play a little faster. */
  hurryBehindS: number;
  /** Having hurried, go on until this close. */
  settledBehindS: number;
  /** A jump lands this far before the newest picture, so that playing does not run dry at once. */
  landBehindS: number;
  hurryRate: number;
}

export const LIMITS: Limits = {
  keepBehindS: 20,
  jumpBehindS: 3,
  hurryBehindS: 1,
  settledBehindS: 0.6,
  landBehindS: 0.3,
  hurryRate: 1.05,
};

export interface Steering {
  /** Move the playing position here; null: leave it. */
  seekTo: number | null;
  rate: number;
  behindS: number;
}

/** Overlaps below this are rounding of media times, not holes. */
const TOUCHING_S = 0.05;

/** The next position and speed of a player at `position`, given the spans it has buffered in ascending order. */
export function steer(spans: Span[], position: number, rate: number, limits: Limits = LIMITS): Steering {
  const newest = spans.at(-1);
  if (!newest) return { seekTo: null, rate: 1, behindS: 0 };
  const behindS = newest.end - position;
  const landing = Math.max(newest.start, newest.end - limits.landBehindS);
  const inside = spans.some((span) => position >= span.start - TOUCHING_S && position < span.end - TOUCHING_S);
  const waitingAtTheEdge = Math.abs(behindS) <= TOUCHING_S;
  if (behindS > limits.jumpBehindS || behindS < -TOUCHING_S || !(inside || waitingAtTheEdge)) {
    return { seekTo: landing, rate: 1, behindS: newest.end - landing };
  }
  const hurrying = rate > 1;
  const hurry = behindS > (hurrying ? limits.settledBehindS : limits.hurryBehindS);
  return { seekTo: null, rate: hurry ? limits.hurryRate : 1, behindS };
}

/** The span to remove so that no more than `keepBehindS` stays behind `position`; null while it is not worth a call. */
export function excess(spans: Span[], position: number, limits: Limits = LIMITS): Span | null {
  const oldest = spans[0];
  if (!oldest) return null;
  const end = position - limits.keepBehindS;
  // Removal is not free and works on whole groups of pictures: wait until there are five seconds of it.
  return end - oldest.start > 5 ? { start: 0, end } : null;
}

export function spansOf(ranges: { length: number; start(i: number): number; end(i: number): number }): Span[] {
  return Array.from({ length: ranges.length }, (_, i) => ({ start: ranges.start(i), end: ranges.end(i) }));
}

/** Waits between attempts to reconnect: 1, 2, 5, then 10 s for ever, until something arrives. */
export class Backoff {
  private attempt = 0;

  constructor(private readonly stepsMs: readonly number[] = [1_000, 2_000, 5_000, 10_000]) {}

  next(): number {
    const wait = this.stepsMs[Math.min(this.attempt, this.stepsMs.length - 1)] ?? 10_000;
    this.attempt += 1;
    return wait;
  }

  reset(): void {
    this.attempt = 0;
  }
}
