import { describe, expect, it } from "vitest";

import { type Draft, faultOf, spanOf } from "@/components/suspensions/entry";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { aheadOf, isOver, runningByWindow, runs, suspensionInWords, withSuspension } from "@/words/suspension";
import { suspensionOf } from "./suspension";

const ZONE = "Asia/Shanghai";
const at = (clock: string) => new Date(`2026-11-23T${clock}Z`);

describe("a suspension", () => {
  it("runs from its beginning up to its end, and no longer than until somebody ended it", () => {
    const pause = suspensionOf({});
    expect(["00:59:59", "01:00:00", "01:59:59", "02:00:00"].map((clock) => runs(pause, at(clock)))).toEqual([false, true, true, false]);
    const ended = suspensionOf({ ended_at: "2026-11-23T01:30:00Z", ended_by: "supervisor" });
    expect([runs(ended, at("01:29:59")), runs(ended, at("01:30:00"))]).toEqual([true, false]);
  });

  it("that was cancelled before it began never runs", () => {
    const cancelled = suspensionOf({ ended_at: "2026-11-23T00:30:00Z" });
    expect(["00:30:00", "01:30:00"].map((clock) => [runs(cancelled, at(clock)), isOver(cancelled, at(clock))])).toEqual([
      [false, true],
      [false, true],
    ]);
  });

  it("of several of one window is the one that ends last", () => {
    const leave = suspensionOf({ id: "s-2", kind: "leave", to_at: "2026-11-23T09:00:00Z" });
    expect(runningByWindow([leave, suspensionOf({})], at("01:30:00")).get("w")?.kind).toBe("leave");
    expect(runningByWindow([leave, suspensionOf({})], at("10:00:00")).size).toBe(0);
  });

  it("that somebody ended is gone from what is known, and one that is new is there", () => {
    const known = new Map([["s-1", suspensionOf({})]]);
    const more = withSuspension(known, suspensionOf({ id: "s-2" }), at("01:30:00"));
    expect([...more.keys()]).toEqual(["s-1", "s-2"]);
    const ended = suspensionOf({ ended_at: "2026-11-23T01:31:00Z", ended_by: "supervisor" });
    expect([...withSuspension(more, ended, at("01:31:00")).keys()]).toEqual(["s-2"]);
    expect(known.size).toBe(1);
  });

  it("is listed with its window's others while it is not over", () => {
    const later = suspensionOf({ id: "later", from_at: "2026-11-24T01:00:00Z", to_at: "2026-11-24T02:00:00Z" });
    const other = suspensionOf({ id: "other", window: "x" });
    const over = suspensionOf({ id: "over", to_at: "2026-11-23T01:10:00Z" });
    expect(aheadOf([later, other, over, suspensionOf({})], "w", at("01:30:00")).map((one) => one.id)).toEqual(["s-1", "later"]);
  });

  it("says its kind and its end, with the day when it is another one", () => {
    expect(suspensionInWords(suspensionOf({}), at("01:30:00"), ZONE, zh)).toBe("暂停服务 至 10:00");
    const leave = suspensionOf({ kind: "leave", to_at: "2026-11-27T10:00:00Z" });
    expect(suspensionInWords(leave, at("01:30:00"), ZONE, en)).toBe("On leave until 11-27 18:00");
  });
});

describe("the form for a suspension", () => {
  const draftOf = (fields: Partial<Draft>): Draft => ({
    kind: "paused",
    atOnce: true,
    fromDay: "2026-11-23",
    fromClock: "10:00",
    toDay: "2026-11-23",
    toClock: "10:30",
    note: "设备维修",
    ...fields,
  });
  const now = at("01:30:00"); // 09:30 in Shanghai

  it("reads times of the site's zone", () => {
    expect(spanOf(draftOf({ atOnce: false }), ZONE)).toEqual({ from: at("02:00:00"), to: at("02:30:00") });
    expect(spanOf(draftOf({}), ZONE)).toEqual({ from: null, to: at("02:30:00") });
  });

  it.each([
    ["badTime", { toClock: "25:00" }],
    ["badTime", { atOnce: false, fromDay: "" }],
    ["inPast", { atOnce: false, fromClock: "09:28" }],
    ["badRange", { toClock: "09:30" }],
    ["badRange", { atOnce: false, toClock: "10:00" }],
    ["tooLong", { toDay: "2026-12-24", toClock: "09:31" }],
    ["noteMissing", { note: "  " }],
    [null, {}],
    [null, { toDay: "2026-12-24", toClock: "09:30" }],
  ] as [string | null, Partial<Draft>][])("says %s", (fault, fields) => {
    expect(faultOf(draftOf(fields), now, ZONE)).toBe(fault);
  });
});
