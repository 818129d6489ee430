/** The arithmetic of the strip over time: what was said for how long, and where it stands in the picture. */

import type { TracePoint } from "@/api/types";
import type { Word } from "@/words/trace";

/** A point holds until the next one, and no longer than this: then nothing is known of the time between. */
export const HOLD_MS = 15_000;
/** Width of a break in the axis, where nothing was kept for longer than HOLD_MS. */
export const BREAK_PX = 26;

/** A stretch of time without such a break, and where it stands. */
export interface Piece {
  from: number;
  to: number;
  left: number;
  right: number;
}

/** Time in which the same was said. */
export interface Run extends Word {
  from: number;
  to: number;
}

const time = (point: TracePoint) => Date.parse(point.at);

/** The points in stretches that no break divides, in order. */
export function stretches(points: readonly TracePoint[]): TracePoint[][] {
  const found: TracePoint[][] = [];
  let last = -Infinity;
  for (const point of points) {
    if (time(point) - last > HOLD_MS) found.push([]);
    found.at(-1)?.push(point);
    last = time(point);
  }
  return found;
}

/** Until when each point of a stretch holds; the last one a second. */
const until = (stretch: readonly TracePoint[], index: number): number => {
  const next = stretch[index + 1];
  return next ? time(next) : time(stretch[index]!) + 1_000;
};

/** Where each stretch stands on an axis of `width` pixels: true to scale, the breaks between them as wide as a break is. */
export function layOut(parts: readonly TracePoint[][], width: number): Piece[] {
  const spans = parts.map((part) => ({ from: time(part[0]!), to: until(part, part.length - 1) }));
  const total = spans.reduce((sum, { from, to }) => sum + to - from, 0);
  const scale = Math.max(0, width - BREAK_PX * (spans.length - 1)) / (total || 1);
  let left = 0;
  return spans.map(({ from, to }) => {
    const piece = { from, to, left, right: left + (to - from) * scale };
    left = piece.right + BREAK_PX;
    return piece;
  });
}

/** The place of an instant; one in a break stands in its middle, one outside the axis at its end. */
export function placeOf(at: number, pieces: readonly Piece[]): number {
  let x = 0;
  for (const piece of pieces) {
    if (at < piece.from) return x ? (x + piece.left) / 2 : piece.left;
    if (at <= piece.to) return piece.left + ((at - piece.from) / (piece.to - piece.from)) * (piece.right - piece.left);
    x = piece.right;
  }
  return x;
}

/** Number of the point whose place is nearest. */
export function nearest(x: number, points: readonly TracePoint[], pieces: readonly Piece[]): number {
  let best = 0;
  let distance = Infinity;
  points.forEach((point, index) => {
    const away = Math.abs(placeOf(time(point), pieces) - x);
    if (away < distance) [best, distance] = [index, away];
  });
  return best;
}

/** What was said of one side of the points, and for how long. */
export function runs(parts: readonly TracePoint[][], wordOf: (point: TracePoint) => Word): Run[] {
  return parts.flatMap((part) => {
    const found: Run[] = [];
    part.forEach((point, index) => {
      const word = wordOf(point);
      const last = found.at(-1);
      if (last && last.said === word.said && last.why === word.why) last.to = until(part, index);
      else found.push({ ...word, from: time(point), to: until(part, index) });
    });
    return found;
  });
}

/** An SVG path of steps: each value holds until the next point, and where there is none the line is broken. */
export function steps(
  parts: readonly TracePoint[][],
  value: (point: TracePoint) => number | null,
  pieces: readonly Piece[],
  y: (value: number) => number,
): string {
  const path: string[] = [];
  for (const part of parts) {
    let drawn: number | null = null;
    part.forEach((point, index) => {
      const now = value(point);
      if (now !== null) {
        const [from, to, height] = [placeOf(time(point), pieces), placeOf(until(part, index), pieces), y(now)];
        path.push(`${drawn === null ? "M" : "L"}${round(from)} ${round(height)}H${round(to)}`);
      }
      drawn = now;
    });
  }
  return path.join("");
}

/** Whole steps of time, as many as fit beside one another: the instants that the axis names. */
export function ticks(pieces: readonly Piece[], apartPx = 70): number[] {
  return pieces.flatMap((piece) => {
    const perPx = (piece.to - piece.from) / (piece.right - piece.left || 1);
    const step = STEPS_MS.find((one) => one >= perPx * apartPx) ?? STEPS_MS.at(-1)!;
    const first = Math.ceil(piece.from / step) * step;
    const count = Math.max(0, Math.floor((piece.to - first) / step) + 1);
    return Array.from({ length: count }, (_, index) => first + index * step);
  });
}

const STEPS_MS = [5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600].map((seconds) => seconds * 1000);

/** A row for each label, from left to right, so that none lies upon another; `widths` are in pixels. */
export function rowsOf(places: readonly number[], widths: readonly number[]): number[] {
  const ends: number[] = [];
  return places.map((place, index) => {
    let row = ends.findIndex((end) => end <= place);
    if (row < 0) row = ends.length;
    ends[row] = place + (widths[index] ?? 0);
    return row;
  });
}

const round = (value: number): number => Math.round(value * 10) / 10;
