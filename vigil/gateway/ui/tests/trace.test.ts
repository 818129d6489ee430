import { describe, expect, it } from "vitest";

import type { AlertView, TracePoint } from "@/api/types";
import { BREAK_PX, layOut, nearest, placeOf, rowsOf, runs, steps, stretches, ticks } from "@/components/alerts/trace";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { pointInWords, queueOf, staffOf, visitorOf } from "@/words/trace";
import { alertOf } from "./alert";

const START = Date.parse("2026-11-23T01:00:00Z");

function point(second: number, fields: Partial<TracePoint> = {}): TracePoint {
  const at = new Date(START + second * 1000).toISOString();
  return { at, presence: "clear", score: 0, why: null, visitor: "clear", waiting: null, mark: null, ...fields };
}

const seconds = (...numbers: number[]) => numbers.map((second) => point(second));

describe("the strip over time", () => {
  it("is divided where nothing was kept", () => {
    expect(stretches(seconds(0, 1, 2, 16, 90, 91)).map((part) => part.length)).toEqual([4, 2]);
    expect(stretches([])).toEqual([]);
  });

  it("is true to scale but for the breaks", () => {
    const pieces = layOut(stretches(seconds(0, 10, 20, 29, 1000, 1009)), 400 + BREAK_PX);
    expect(pieces.map(({ left, right }) => [left, right])).toEqual([
      [0, 300],
      [300 + BREAK_PX, 400 + BREAK_PX],
    ]);
    expect(placeOf(START + 15_000, pieces)).toBe(150);
    expect(placeOf(START + 500_000, pieces)).toBe(300 + BREAK_PX / 2);
    expect(placeOf(START - 1, pieces)).toBe(0);
    expect(placeOf(START + 9_999_000, pieces)).toBe(400 + BREAK_PX);
  });

  it("finds the point under the pointer", () => {
    const points = seconds(0, 10, 20, 29);
    const pieces = layOut(stretches(points), 300);
    expect([0, 140, 299].map((x) => nearest(x, points, pieces))).toEqual([0, 1, 3]);
  });

  it("says for how long the same was said, and why it was unknown", () => {
    const dark = { presence: "unknown", why: "dark", score: null } as const;
    const parts = stretches([point(0), point(1), point(2, dark), point(3, { ...dark, why: "doubtful" }), point(4), point(60)]);
    expect(runs(parts, staffOf).map(({ from, to, said, why }) => [(from - START) / 1000, (to - START) / 1000, why ?? said])).toEqual([
      [0, 2, "clear"],
      [2, 3, "dark"],
      [3, 4, "doubtful"],
      [4, 5, "clear"],
      [60, 61, "clear"],
    ]);
  });

  it("does not divide the visitor's side by why the staff's is unknown", () => {
    const parts = stretches([point(0, { visitor: "seen" }), point(1, { visitor: "seen", presence: "unknown", why: "hidden" })]);
    expect(runs(parts, visitorOf)).toHaveLength(1);
  });

  it("breaks the line where there was no score", () => {
    const points = [point(0, { score: 0.5 }), point(1, { score: 0.1 }), point(2, { score: null }), point(3, { score: 1 })];
    const parts = stretches(points);
    const path = steps(parts, (one) => one.score, layOut(parts, 400), (score) => 100 - 100 * score);
    expect(path).toBe("M0 50H100L100 90H200M300 0H400");
  });

  it("names whole steps of time that have room", () => {
    const parts = stretches(Array.from({ length: 61 }, (_, index) => point(index * 10)));
    const named = ticks(layOut(parts, 600)).map((at) => (at - START) / 1000);
    expect(named).toEqual([0, 120, 240, 360, 480, 600]);
  });

  it("puts labels that would lie upon another one a row lower", () => {
    expect(rowsOf([0, 20, 50, 60, 200], [40, 40, 40, 40, 40])).toEqual([0, 1, 0, 1, 0]);
  });
});

describe("a look in words", () => {
  const words = (look: TracePoint, alert: Partial<AlertView> = {}) => [pointInWords(look, alertOf(alert), zh), pointInWords(look, alertOf(alert), en)];

  it("says what was seen with its figures, and never that nobody was there", () => {
    expect(words(point(0, { score: 0.043, visitor: "seen" }))).toEqual([
      "未看到人 · 分数 0.04 · 窗口前有群众",
      "Nobody seen · score 0.04 · Visitor at the window",
    ]);
    expect(words(point(0, { presence: "unknown", why: "doubtful", score: 0.21 }))[0]).toBe("无法判断（疑似有人） · 分数 0.21");
  });

  it("sets a queue against its mark of that moment", () => {
    const kind = "queue-buildup" as const;
    const queue = { presence: "seen", score: null, waiting: 6, mark: 6 } as const;
    expect(words(point(0, queue), { kind })).toEqual(["达到积压线 · 6 人等候 · 积压线 6", "At the mark or above · 6 waiting · mark 6"]);
    expect(words(point(0, { ...queue, waiting: 5 }), { kind })[0]).toContain("未达积压线");
    expect(queueOf(point(0, { presence: "unknown", score: null, why: "dark" }))).toEqual({ said: "unknown", why: "dark" });
  });

  it("does not call a window empty that only has too few clerks", () => {
    expect(words(point(0, { score: 0 }), { facts: { required: 2 } })).toEqual(["看到不足 2 人 · 分数 0.00", "Fewer than 2 seen · score 0.00"]);
  });
});
