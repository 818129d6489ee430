/** Polygons of zones: corners as shares of the picture's width and height. The rules are those of vigil/config/check.py. */

export type ZonePoint = [number, number];

const PLACES = 10_000;
const LEAST_AREA = 1e-5;

const share = (value: number): number => Math.round(Math.min(1, Math.max(0, value)) * PLACES) / PLACES;

/** Within the picture, to a ten-thousandth: less than a pixel. */
export const point = (x: number, y: number): ZonePoint => [share(x), share(y)];

export const cornerTo = (polygon: ZonePoint[], corner: number, to: ZonePoint): ZonePoint[] => polygon.map((one, index) => (index === corner ? to : one));

export const withoutCorner = (polygon: ZonePoint[], corner: number): ZonePoint[] => polygon.filter((_, index) => index !== corner);

/** With a corner in the middle of the edge that begins at `corner`. */
export const withCorner = (polygon: ZonePoint[], corner: number): ZonePoint[] => polygon.toSpliced(corner + 1, 0, middle(polygon, corner));

export function middle(polygon: ZonePoint[], corner: number): ZonePoint {
  const [a, b] = [at(polygon, corner), at(polygon, corner + 1)];
  return point((a[0] + b[0]) / 2, (a[1] + b[1]) / 2);
}

/** As a whole, and no further than to the picture's edge. */
export function shifted(polygon: ZonePoint[], dx: number, dy: number): ZonePoint[] {
  const by = (axis: 0 | 1, wanted: number) => {
    const values = polygon.map((one) => one[axis]);
    return Math.min(1 - Math.max(...values), Math.max(-Math.min(...values), wanted));
  };
  const [x, y] = [by(0, dx), by(1, dy)];
  return polygon.map((one) => point(one[0] + x, one[1] + y));
}

export function centre(polygon: ZonePoint[]): ZonePoint {
  const mean = (axis: 0 | 1) => polygon.reduce((sum, one) => sum + one[axis], 0) / polygon.length;
  return [mean(0), mean(1)];
}

export type PolygonFault = "points" | "area" | "crossing";

export function faultOf(polygon: ZonePoint[]): PolygonFault | null {
  if (polygon.length < 3) return "points";
  if (Math.abs(area(polygon)) < LEAST_AREA) return "area";
  return crosses(polygon) ? "crossing" : null;
}

const at = (polygon: ZonePoint[], index: number): ZonePoint => polygon[index % polygon.length] ?? [0, 0];

function area(polygon: ZonePoint[]): number {
  return polygon.reduce((sum, [x, y], index) => sum + x * at(polygon, index + 1)[1] - at(polygon, index + 1)[0] * y, 0) / 2;
}

function crosses(polygon: ZonePoint[]): boolean {
  const edges = polygon.map((one, index): [ZonePoint, ZonePoint] => [one, at(polygon, index + 1)]);
  return edges.some(([a, b], index) => edges.slice(index + 1).some(([c, d]) => cross(a, b, c, d)));
}

function cross(a: ZonePoint, b: ZonePoint, c: ZonePoint, d: ZonePoint): boolean {
  const side = (p: ZonePoint, q: ZonePoint, r: ZonePoint) => (q[0] - p[0]) * (r[1] - p[1]) - (q[1] - p[1]) * (r[0] - p[0]);
  return side(a, b, c) * side(a, b, d) < 0 && side(c, d, a) * side(c, d, b) < 0;
}
