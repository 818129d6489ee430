import { describe, expect, it } from "vitest";

import { differenceOf, MEASURES, valueOf } from "@/words/comparison";

const points = (n: string) => `${n} pp`;

describe("a period beside the one before", () => {
  it("says what is more and what is less, with its sign, and shares in points", () => {
    expect(differenceOf("staffing_rate", -0.0123, points)).toBe("−1.2 pp");
    expect(differenceOf("completeness", 0.1, points)).toBe("+10.0 pp");
    expect(differenceOf("confirmed", 12, points)).toBe("+12");
    expect(differenceOf("absent_s", -90, points)).toBe("−1.5");
  });

  it("gives what does not differ no direction", () => {
    expect(differenceOf("staffing_rate", -0.0001, points)).toBe("±0.0 pp");
    expect(differenceOf("unserved", 0, points)).toBe("±0");
  });

  it("says nothing where nothing is known, which is not zero", () => {
    expect(MEASURES.map((measure) => valueOf(measure, null))).toEqual(MEASURES.map(() => "—"));
    expect(differenceOf("confirmed", null, points)).toBe("—");
    expect(valueOf("confirmed", 0)).toBe("0");
  });

  it("never shows as all what is not all", () => {
    expect(valueOf("completeness", 0.99999)).toBe("99.9%");
    expect(valueOf("service_s", 5400)).toBe("1.5");
  });
});
