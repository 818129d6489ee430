import { describe, expect, it } from "vitest";

import { en } from "@/i18n/en";
import { zh } from "@/i18n/zh";
import { waitInWords } from "@/words/wait";

const words = (median_s: number, low_s: number, high_s: number) => [
  waitInWords({ median_s, low_s, high_s }, zh),
  waitInWords({ median_s, low_s, high_s }, en),
];

describe("an estimated wait in words", () => {
  it("has its range", () => {
    expect(words(720, 480, 1140)).toEqual(["约 12 分钟（8–19）", "about 12 min (8–19)"]);
  });

  it("rounds the range outwards, so that it stays true", () => {
    expect(words(700, 479, 1081)[0]).toBe("约 12 分钟（7–19）");
  });

  it("is hardly any where a window is free", () => {
    expect(words(10, 0, 30)).toEqual(["几乎无需等候", "hardly any wait"]);
  });

  it("never says about no minutes when it may be some", () => {
    expect(words(25, 2, 130)).toEqual(["约 1 分钟（0–3）", "about 1 min (0–3)"]);
  });
});
