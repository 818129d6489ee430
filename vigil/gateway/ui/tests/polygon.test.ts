import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

import { moved, stepOf } from "@/components/site/zones/dragging";
import { type ZonePoint, centre, faultOf, middle, point, shifted, withCorner, withoutCorner } from "@/draft/polygon";

/** vigil/config/check.py is held to the same (tests/unit/config/test_polygons.py). */
const CASES = JSON.parse(readFileSync(join(import.meta.dirname, "../../../../tests/data/polygons.json"), "utf8")) as { polygon: ZonePoint[]; fault: string | null }[];
const SQUARE: ZonePoint[] = [[0.2, 0.2], [0.4, 0.2], [0.4, 0.4], [0.2, 0.4]];

describe("a polygon", () => {
  it("stays within the picture, to a ten-thousandth", () => {
    expect(point(-0.2, 1.7)).toEqual([0, 1]);
    expect(point(1 / 3, 0.5)).toEqual([0.3333, 0.5]);
  });

  it("is shifted as a whole, and no further than to the edge", () => {
    expect(shifted(SQUARE, 0.1, -0.1)).toEqual([[0.3, 0.1], [0.5, 0.1], [0.5, 0.3], [0.3, 0.3]]);
    expect(shifted(SQUARE, -9, 9)).toEqual([[0, 0.8], [0.2, 0.8], [0.2, 1], [0, 1]]);
  });

  it("gets a corner in the middle of an edge, and loses one", () => {
    expect(middle(SQUARE, 3)).toEqual([0.2, 0.3]);
    expect(withCorner(SQUARE, 3)).toEqual([...SQUARE, [0.2, 0.3]]);
    expect(withCorner(SQUARE, 0)[1]).toEqual([0.3, 0.2]);
    expect(withoutCorner(SQUARE, 1)).toEqual([[0.2, 0.2], [0.4, 0.4], [0.2, 0.4]]);
    expect(centre(SQUARE)).toEqual([expect.closeTo(0.3), expect.closeTo(0.3)]);
  });

  it.each(CASES)("is judged as the configuration does: $polygon", ({ polygon, fault }) => expect(faultOf(polygon)).toBe(fault));
});

describe("what is taken hold of", () => {
  it("is a corner, or all of it", () => {
    const grip = { zone: 0, corner: 2, from: [0.4, 0.4] as ZonePoint, before: SQUARE };
    expect(moved(grip, [0.9, 2])[2]).toEqual([0.9, 1]);
    expect(moved({ ...grip, corner: null }, [0.5, 0.4])).toEqual([[0.3, 0.2], [0.5, 0.2], [0.5, 0.4], [0.3, 0.4]]);
  });

  it("goes by arrows, further with Shift, and by no other key", () => {
    expect(stepOf({ key: "ArrowLeft", shiftKey: false })).toEqual([-0.002, 0]);
    expect(stepOf({ key: "ArrowDown", shiftKey: true })).toEqual([0, 0.02]);
    expect(stepOf({ key: "a", shiftKey: false })).toBeNull();
  });
});
