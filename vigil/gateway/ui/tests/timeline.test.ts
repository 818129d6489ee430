import { describe, expect, it } from "vitest";

import { covered, cut, faultOf, instantAt, merge, percent, viewOf } from "@/components/archive/timeline";
import { readClock } from "@/words/time";

const HOUR = 3_600_000;

describe("the timeline", () => {
  it("joins segments that touch, and keeps a real hole", () => {
    const parts = [
      { from: 20_000, to: 30_000 },
      { from: 0, to: 10_000 },
      { from: 10_400, to: 20_000 },
      { from: 35_000, to: 40_000 },
    ];
    expect(merge(parts)).toEqual([
      { from: 0, to: 30_000 },
      { from: 35_000, to: 40_000 },
    ]);
  });

  it("measures what a range covers", () => {
    const recorded = [
      { from: 0, to: 10 },
      { from: 20, to: 30 },
    ];
    expect(covered(recorded, { from: 5, to: 25 })).toBe(10);
    expect(covered(recorded, { from: 10, to: 20 })).toBe(0);
    expect(cut({ from: 0, to: 5 }, { from: 5, to: 9 })).toBeNull();
  });

  it("goes from a place on the bar to a whole second and back", () => {
    const view = { from: 0, to: 100_000 };
    expect(instantAt(0.2504, view)).toBe(25_000);
    expect(instantAt(-1, view)).toBe(0);
    expect(instantAt(2, view)).toBe(100_000);
    expect(percent(25_000, view)).toBe(25);
  });

  it("zooms within the day", () => {
    const day = { from: 0, to: 24 * HOUR };
    expect(viewOf(day, 24, null)).toEqual(day);
    expect(viewOf(day, 6, 10 * HOUR)).toEqual({ from: 7 * HOUR, to: 13 * HOUR });
    expect(viewOf(day, 6, 0)).toEqual({ from: 0, to: 6 * HOUR });
    expect(viewOf(day, 6, 24 * HOUR)).toEqual({ from: 18 * HOUR, to: 24 * HOUR });
  });

  it("knows which ranges the centre would refuse", () => {
    expect(faultOf({ from: 5, to: 5 }, 100)).toBe("badRange");
    expect(faultOf({ from: 0, to: HOUR + 1 }, 2 * HOUR)).toBe("tooLong");
    expect(faultOf({ from: HOUR, to: HOUR + 1 }, HOUR)).toBe("inFuture");
    expect(faultOf({ from: 0, to: HOUR }, HOUR)).toBeNull();
  });

  it.each([
    ["9:05", "09:05:00"],
    ["0905", "09:05:00"],
    ["090507", "09:05:07"],
    ["23：59：59", "23:59:59"],
    ["24:00", null],
    ["9", null],
    ["", null],
  ])("reads %s", (text, clock) => {
    expect(readClock(text)).toBe(clock);
  });
});
