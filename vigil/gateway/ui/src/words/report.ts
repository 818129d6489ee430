/** Figures of reports in words, and the line of a small chart. Null is nothing known, and never zero. */

export const NOTHING = "—";

/** "95.3%"; what is not all is never shown as 100%. */
export function percent(share: number | null): string {
  if (share === null) return NOTHING;
  const rounded = Math.round(share * 1000) / 10;
  return `${(share < 1 ? Math.min(rounded, 99.9) : rounded).toFixed(1)}%`;
}

/** Seconds as minutes with one decimal. */
export function minutes(seconds: number | null): string {
  return seconds === null ? NOTHING : (seconds / 60).toFixed(1);
}

export function hours(seconds: number): string {
  return (seconds / 3600).toFixed(1);
}

export interface Point {
  share: number | null;
  /** Nothing was in service: the line goes on over it, while it breaks where nothing is known. */
  closed: boolean;
}

/** Where the axis begins, so that the line keeps some air below it. */
export function lowestOf(points: Point[]): number {
  const lowest = Math.min(1, ...points.flatMap((point) => (point.share === null ? [] : [point.share])));
  return [0.9, 0.8, 0.75, 0.5, 0.25].find((low) => low <= lowest - 0.02) ?? 0;
}

/** Places in a box of `width` × `height`, the first point at its left and the last at its right. */
export function placesOf(points: Point[], width: number, height: number): { x: number; y: number; at: number }[] {
  const low = lowestOf(points);
  const step = points.length > 1 ? width / (points.length - 1) : 0;
  return points.flatMap((point, at) =>
    point.share === null ? [] : [{ x: at * step, y: height * (1 - (point.share - low) / (1 - low)), at }],
  );
}

/** The path of an SVG: broken over days of which nothing is known. */
export function lineOf(points: Point[], width: number, height: number): string {
  let last: number | null = null;
  return placesOf(points, width, height)
    .map(({ x, y, at }) => {
      const joined = last !== null && points.slice(last + 1, at).every((point) => point.closed);
      last = at;
      return `${joined ? "L" : "M"}${x.toFixed(1)} ${y.toFixed(1)}`;
    })
    .join("");
}
