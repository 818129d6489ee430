import { describe, expect, it } from "vitest";

import type { Completeness, Hold } from "@/api/types";
import { gradeOf, missingOf } from "@/words/completeness";
import { byCase, holdsAt } from "@/words/holds";

const day = (gaps_s: Completeness["gaps_s"], unexplained_s: number): Completeness => ({
  camera: "c",
  hall: "h",
  expected_s: 86_400,
  stored_s: 80_000,
  share: 0.926,
  gaps_s,
  unexplained_s,
});

const hold = (id: string, change: Partial<Hold> = {}): Hold => ({
  id,
  camera: "c",
  from_at: "2026-11-20T01:00:00Z",
  to_at: "2026-11-20T02:00:00Z",
  case: "A",
  by: "li",
  entered_at: "2026-11-23T01:00:00Z",
  until_at: null,
  released_at: null,
  released_by: null,
  released_why: null,
  ...change,
});

it("a day's grade changes where the legend says", () => {
  expect([1, 0.999, 0.9989, 0.99, 0.9899, 0.9, 0.8999, 0, null].map(gradeOf)).toEqual(
    ["good", "good", "fair", "fair", "poor", "poor", "bad", "bad", "unknown"],
  );
});

describe("what is missing", () => {
  it("stands by cause, the longest first", () => {
    expect(missingOf(day({ camera: 60, node: 600 }, 120))).toEqual([
      { cause: "node", seconds: 600 },
      { cause: "unexplained", seconds: 120 },
      { cause: "camera", seconds: 60 },
    ]);
  });

  it("says what nobody explained once", () => {
    expect(missingOf(day({ unexplained: 30 }, 12))).toEqual([{ cause: "unexplained", seconds: 42 }]);
  });

  it("leaves out less than a second", () => {
    expect(missingOf(day({ camera: 0.4 }, 0.9))).toEqual([]);
  });
});

describe("holds", () => {
  it("stand by case, a case's by the time of the footage", () => {
    const later = hold("2", { from_at: "2026-11-21T01:00:00Z" });
    const found = byCase([later, hold("3", { case: "B" }), hold("1")]);
    expect(found.map((one) => [one.name, one.holds.map(({ id }) => id)])).toEqual([["A", ["1", "2"]], ["B", ["3"]]]);
  });

  it("end by a release or by themselves", () => {
    const at = new Date("2026-11-24T00:00:00Z");
    expect(holdsAt(hold("1"), at)).toBe(true);
    expect(holdsAt(hold("1", { until_at: "2026-11-24T00:00:01Z" }), at)).toBe(true);
    expect(holdsAt(hold("1", { until_at: "2026-11-24T00:00:00Z" }), at)).toBe(false);
    expect(holdsAt(hold("1", { released_at: "2026-11-23T02:00:00Z" }), at)).toBe(false);
  });
});
