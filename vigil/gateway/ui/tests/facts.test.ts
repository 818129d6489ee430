import { describe, expect, it } from "vitest";

import type { AlertView } from "@/api/types";
import { kindInWords } from "@/components/alerts/presentation";
import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { courseInWords, factsInWords, wordOf } from "@/words/facts";
import { alertOf } from "./alert";

const words = (fields: Partial<AlertView>) => [factsInWords(alertOf(fields), zh), factsInWords(alertOf(fields), en)];

describe("facts in words", () => {
  it("says how long a window has been empty", () => {
    expect(words({ facts: { absent_s: 15 } })).toEqual(["已离岗 15 秒", "Unstaffed for 15 s"]);
    expect(words({ facts: { absent_s: 412 } })[0]).toBe("已离岗 6 分 52 秒");
  });

  it("joins a queue to the windows", () => {
    const facts = { waiting: 12, staffed: 2, unknown: 0, in_service: 5, empty_windows: ["a", "b", "c"] };
    expect(words({ kind: "queue-buildup", facts })).toEqual([
      "12 人等候，5 个窗口中 3 个无人",
      "12 waiting, 3 of 5 windows unstaffed",
    ]);
  });

  it("names unknown windows beside the empty ones, never among them", () => {
    const facts = { waiting: 9, unknown: 2, in_service: 4, empty_windows: ["a"] };
    expect(words({ kind: "queue-buildup", facts })).toEqual([
      "9 人等候，4 个窗口中 1 个无人，2 个状态未知",
      "9 waiting, 1 of 4 windows unstaffed, 2 unknown",
    ]);
  });

  it("does not call windows empty that are only unknown", () => {
    const facts = { waiting: 9, unknown: 4, in_service: 4, empty_windows: [] };
    expect(words({ kind: "queue-buildup", facts })[0]).toBe("9 人等候，4 个窗口均未见离岗，4 个状态未知");
  });

  it("says what is wrong with a camera", () => {
    expect(words({ kind: "camera-fault", facts: { why: "no-signal" } })).toEqual(["画面丢失", "no signal"]);
    expect(words({ kind: "camera-fault", facts: { why: "melted" } })).toEqual(["melted", "melted"]);
  });

  it("says something when the figures are missing", () => {
    for (const kind of ["window-unstaffed", "queue-buildup", "camera-fault"] as const) {
      for (const text of words({ kind, facts: {} })) expect(text).not.toBe("");
    }
  });
});

describe("a candidate", () => {
  it("is worded as a possibility until a person has confirmed it", () => {
    expect(kindInWords(alertOf({ state: "open" }), zh)).toContain("疑似");
    expect(kindInWords(alertOf({ state: "acknowledged" }), zh)).toContain("疑似");
    expect(kindInWords(alertOf({ state: "dismissed" }), en)).toContain("possibly");
    expect(kindInWords(alertOf({ state: "confirmed" }), zh)).not.toContain("疑似");
    expect(wordOf(zh.alert.state, "open")).toBe("待核实");
  });

  it("says how it ended, or that it goes on", () => {
    expect(courseInWords(alertOf({}), zh)).toBe("进行中");
    expect(courseInWords(alertOf({ ended_at: "2026-11-23T01:10:00Z", end_reason: "lost-sight" }), zh)).toBe("画面不可见，停止判定");
    expect(courseInWords(alertOf({ ended_at: "2026-11-23T01:10:00Z" }), en)).toBe("Ended");
  });
});
