import { describe, expect, it } from "vitest";

import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { bytes, duration } from "@/words/figures";
import { boundsOf, clockOf, dayOf, instantOf, momentOf, shiftDay, shortMomentOf } from "@/words/time";

describe("times of the site", () => {
  it("are Beijing time wherever the browser is", () => {
    expect(momentOf("2026-11-23T01:02:03.456Z")).toBe("2026-11-23 09:02:03");
    expect(momentOf("2026-11-23T16:00:00Z")).toBe("2026-11-24 00:00:00");
  });

  it("follow the zone of the site", () => {
    expect(clockOf("2026-11-23T01:02:03Z", "UTC")).toBe("01:02:03");
  });

  it("leave out the day of today, and the year of this year", () => {
    const now = new Date("2026-11-23T08:00:00Z");
    expect(shortMomentOf("2026-11-23T01:02:03Z", now)).toBe("09:02:03");
    expect(shortMomentOf("2026-11-22T01:02:03Z", now)).toBe("11-22 09:02:03");
    expect(shortMomentOf("2025-11-22T01:02:03Z", now)).toBe("2025-11-22 09:02:03");
  });

  it("come back from what was typed", () => {
    expect(instantOf("2026-11-23", "09:02:03").toISOString()).toBe("2026-11-23T01:02:03.000Z");
    expect(instantOf("2026-11-23", "07:30").toISOString()).toBe("2026-11-22T23:30:00.000Z");
    const at = new Date("2026-07-01T22:15:40Z");
    expect(instantOf(dayOf(at), clockOf(at))).toEqual(at);
  });

  it("come back in a zone that changes its clock", () => {
    const at = new Date("2026-03-29T06:30:00Z");
    expect(instantOf(dayOf(at, "Europe/Berlin"), clockOf(at, "Europe/Berlin"), "Europe/Berlin")).toEqual(at);
  });

  it("know where a day begins and ends", () => {
    const { from, to } = boundsOf("2026-12-31");
    expect([from.toISOString(), to.toISOString()]).toEqual(["2026-12-30T16:00:00.000Z", "2026-12-31T16:00:00.000Z"]);
    expect(shiftDay("2026-03-01", -1)).toBe("2026-02-28");
  });
});

describe("duration", () => {
  it.each([
    [0, "0 秒", "0 s"],
    [-3, "0 秒", "0 s"],
    [15.4, "15 秒", "15 s"],
    [60, "1 分", "1 min"],
    [200, "3 分 20 秒", "3 min 20 s"],
    [3_599.9, "1 小时", "1 h"],
    [3_900, "1 小时 5 分", "1 h 5 min"],
    [90_000, "1 天 1 小时", "1 d 1 h"],
  ])("%d s", (seconds, chinese, english) => {
    expect(duration(seconds, zh.units)).toBe(chinese);
    expect(duration(seconds, en.units)).toBe(english);
  });
});

it.each([
  [0, "0 B"],
  [999, "999 B"],
  [4_213_377, "4.2 MB"],
  [250_000_000, "250 MB"],
])("bytes of %d", (size, words) => {
  expect(bytes(size)).toBe(words);
});
