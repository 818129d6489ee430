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

  it("says how many clerks were seen where several are needed", () => {
    expect(words({ facts: { absent_s: 300, present: 1, required: 2 } })).toEqual([
      "应在岗 2 人，见到 1 人，已持续 5 分",
      "1 of 2 clerks seen, for 5 min",
    ]);
  });

  it("says when a ticket machine counted a queue", () => {
    const facts = { waiting: 12, in_service: 5, empty_windows: [], source: "tickets", longest_wait_s: 1500 };
    expect(words({ kind: "queue-buildup", facts })).toEqual([
      "12 人等候，取号机：最久已等 25 分，5 个窗口均未见离岗",
      "12 waiting, ticket machine: longest wait 25 min, none of 5 windows seen unstaffed",
    ]);
    expect(words({ kind: "queue-buildup", facts: { waiting: 12, source: "tickets" } })[0]).toBe("12 人等候，取号机计数");
  });

  it("says for how long a visitor has waited and nobody was seen", () => {
    expect(words({ kind: "unserved-visitor", facts: { waited_s: 60, absent_s: 75 } })).toEqual([
      "群众已等候 1 分，未见工作人员 1 分 15 秒",
      "Visitor waiting for 1 min, no staff seen for 1 min 15 s",
    ]);
  });

  it("says the estimated wait of a queue with its range", () => {
    const facts = { waiting: 12, in_service: 5, empty_windows: ["a"], wait_s: 730, wait_low_s: 485, wait_high_s: 1130 };
    expect(words({ kind: "queue-buildup", facts })).toEqual([
      "12 人等候，5 个窗口中 1 个无人，预计等候约 12 分钟（8–19）",
      "12 waiting, 1 of 5 windows unstaffed, estimated wait about 12 min (8–19)",
    ]);
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
    for (const kind of ["unserved-visitor", "window-unstaffed", "queue-buildup", "camera-fault"] as const) {
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
    expect(kindInWords(alertOf({ state: "open", facts: { present: 1, required: 2 } }), zh)).toBe("窗口疑似人员不足");
    expect(kindInWords(alertOf({ state: "confirmed", facts: { present: 1, required: 2 } }), zh)).toBe("窗口人员不足");
    expect(kindInWords(alertOf({ kind: "unserved-visitor", state: "open" }), zh)).toBe("有人等候、窗口疑似无人");
    expect(kindInWords(alertOf({ kind: "unserved-visitor", state: "dismissed" }), en)).toContain("possibly");
    expect(kindInWords(alertOf({ kind: "unserved-visitor", state: "confirmed" }), zh)).toBe("有人等候、窗口无人");
    expect(wordOf(zh.alert.state, "open")).toBe("待核实");
  });

  it("says how it ended, or that it goes on", () => {
    expect(courseInWords(alertOf({}), zh)).toBe("进行中");
    expect(courseInWords(alertOf({ ended_at: "2026-11-23T01:10:00Z", end_reason: "lost-sight" }), zh)).toBe("画面不可见，停止判定");
    expect(courseInWords(alertOf({ ended_at: "2026-11-23T01:10:00Z" }), en)).toBe("Ended");
  });
});
