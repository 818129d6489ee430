import { describe, expect, it } from "vitest";

import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { causesInWords, total, unknownOf } from "@/words/minutes";
import { faultInWords, fileFaultInWords } from "@/words/roster";
import { courseOf } from "@/words/suspension";
import { suspensionOf } from "./suspension";

describe("a roster's fault", () => {
  it("says what is wrong and what would be right, in both languages", () => {
    const fault = { what: "no-time", column: "from" as const, value: "上午", right: ["2026-03-02 08:30", "2026-03-02"] };
    expect(faultInWords(fault, zh)).toBe("“起”不是日期或时间：“上午”。例如：2026-03-02 08:30、2026-03-02。");
    expect(faultInWords(fault, en)).toBe("Under from stands no day or time: 上午. For example: 2026-03-02 08:30, 2026-03-02.");
  });

  it("that this screen does not know yet is named as the centre names it", () => {
    expect(faultInWords({ what: "eclipse", column: null, value: "", right: [] }, zh)).toBe("eclipse");
  });

  it("of the whole file names what is missing, and other refusals are none", () => {
    expect(fileFaultInWords({ fault: "no-head", right: ["起", "止"] }, zh)).toBe("首行缺少列：起、止");
    expect(fileFaultInWords({ fault: "no-rows", right: [] }, en)).toBe("No row says anything of a window.");
    expect(fileFaultInWords({ detail: "x" }, zh)).toBeNull();
  });

  it("has words for the same faults in both languages", () => {
    expect(Object.keys(en.roster.faults)).toEqual(Object.keys(zh.roster.faults));
    expect(Object.keys(en.roster.files)).toEqual(Object.keys(zh.roster.files));
  });
});

describe("a suspension of the past", () => {
  const at = (clock: string) => new Date(`2026-11-23T${clock}Z`);

  it("is to come, runs, and is over", () => {
    expect(["00:59:59", "01:00:00", "02:00:00"].map((clock) => courseOf(suspensionOf({}), at(clock)))).toEqual(["ahead", "running", "over"]);
  });

  it("was ended early, or never ran", () => {
    expect(courseOf(suspensionOf({ ended_at: "2026-11-23T01:30:00Z" }), at("03:00:00"))).toBe("ended");
    expect(courseOf(suspensionOf({ ended_at: "2026-11-23T00:30:00Z" }), at("03:00:00"))).toBe("cancelled");
  });
});

describe("a window's hour", () => {
  const hour = { at: "2026-11-23T01:00:00Z", service_s: 3600, staffed_s: 3000, unstaffed_s: 60, unknown_s: { dark: 120.4, untold: 400, frozen: 0.4 }, visitor_s: 5 };

  it("names its causes, the longest first, and what nobody told as such", () => {
    expect(causesInWords(hour.unknown_s, zh)).toBe("无数据（采集节点未上报） 6 分 40 秒，画面过暗 2 分");
    expect(unknownOf(hour)).toBeCloseTo(520.8);
  });

  it("adds up to a day", () => {
    const day = total([hour, { ...hour, unknown_s: { dark: 10 } }], "2026-11-23");
    expect([day.service_s, day.staffed_s, day.unknown_s.dark, day.unknown_s.untold]).toEqual([7200, 6000, 130.4, 400]);
  });
});
