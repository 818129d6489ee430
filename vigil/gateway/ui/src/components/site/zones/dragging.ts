/** What is taken hold of in a drawing, and the polygon while it is moved. */

import { type ZonePoint, cornerTo, point, shifted } from "@/draft/polygon";

export interface Grip {
  zone: number;
  /** null: the zone as a whole. */
  corner: number | null;
  from: ZonePoint;
  before: ZonePoint[];
}

export function moved(grip: Grip, to: ZonePoint): ZonePoint[] {
  if (grip.corner !== null) return cornerTo(grip.before, grip.corner, point(...to));
  return shifted(grip.before, to[0] - grip.from[0], to[1] - grip.from[1]);
}

const ARROWS: Record<string, ZonePoint> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const STEP = 0.002;
const STRIDE = 0.02;

/** How far an arrow key goes; null: it is none. */
export function stepOf(event: { key: string; shiftKey: boolean }): ZonePoint | null {
  const way = ARROWS[event.key];
  const far = event.shiftKey ? STRIDE : STEP;
  return way ? [way[0] * far, way[1] * far] : null;
}
