import { describe, expect, it } from "vitest";

import type { HallView, WindowStatus } from "@/api/types";
import { asLayout, fittingLayout, pagesOf } from "@/components/wall/paging";
import { codecName, parseMessage } from "@/live/protocol";
import { lookOf, tallyOf } from "@/state/status";
import { suspensionOf } from "./suspension";

function hallOf(id: string, cameras: number, windows: string[] = []): HallView {
  return {
    id,
    name: id,
    department: "",
    groups: [{ id: `${id}-g`, name: "", windows: windows.map((window) => ({ id: window, name: window, kind: "general", staff: 1 })) }],
    cameras: Array.from({ length: cameras }, (_, i) => ({ id: `${id}${i}`, name: "", has_substream: true, zones: [] })),
  };
}

const statusOf = (fields: Partial<WindowStatus>): WindowStatus => ({
  window: "w",
  in_service: true,
  staffing: "staffed",
  since_at: "2026-11-23T01:00:00Z",
  why: null,
  visitor: "unknown",
  suspended: null,
  confidence: null,
  ...fields,
});

describe("the wall", () => {
  it("fills pages in order and keeps a hall's cameras together", () => {
    const pages = pagesOf([hallOf("a", 3), hallOf("b", 0), hallOf("c", 3)], 4);
    expect(pages.map((page) => page.map((part) => `${part.hall.id}${part.cameras.length}`))).toEqual([["a3", "c1"], ["c2"]]);
  });

  it("has no page without cameras", () => {
    expect(pagesOf([hallOf("a", 0)], 4)).toEqual([]);
  });

  it("chooses the smallest layout that shows all", () => {
    expect([0, 1, 2, 4, 5, 10, 60].map(fittingLayout)).toEqual([1, 1, 4, 4, 9, 16, 16]);
    expect([asLayout("9"), asLayout(5), asLayout(undefined)]).toEqual([9, null, null]);
  });
});

describe("a window", () => {
  it("of which nothing is known is unknown", () => {
    expect(lookOf(undefined, undefined)).toBe("unknown");
  });

  it("is not absent outside its hours", () => {
    expect(lookOf(statusOf({ staffing: "unstaffed", in_service: false }), undefined)).toBe("out");
  });

  it("is suspended as soon as a person has said so, and not outside its hours", () => {
    const pause = suspensionOf({});
    expect(lookOf(statusOf({ staffing: "unstaffed" }), pause)).toBe("suspended");
    expect(lookOf(undefined, pause)).toBe("suspended");
    expect(lookOf(statusOf({ in_service: false, suspended: "leave" }), undefined)).toBe("suspended");
    expect(lookOf(statusOf({ in_service: false }), pause)).toBe("out");
  });

  it("that is suspended is none of those in service", () => {
    const hall = hallOf("a", 0, ["1", "2"]);
    const known = new Map([["1", statusOf({})], ["2", statusOf({ staffing: "unstaffed" })]]);
    expect(tallyOf(hall, known, new Map([["2", suspensionOf({})]]))).toEqual({ staffed: 1, unknown: 0, inService: 1 });
  });

  it("counts as staffed or unknown, and unknown never as unstaffed", () => {
    const hall = hallOf("a", 0, ["1", "2", "3", "4"]);
    const known = new Map([
      ["1", statusOf({})],
      ["2", statusOf({ staffing: "unknown", why: "dark" })],
      ["3", statusOf({ staffing: "unstaffed" })],
      ["4", statusOf({ in_service: false })],
    ]);
    expect(tallyOf(hall, known, new Map())).toEqual({ staffed: 1, unknown: 1, inService: 3 });
  });
});

describe("the live protocol", () => {
  it("ignores what it cannot read", () => {
    for (const text of ["", "null", "7", "{", '{"type":"init"}', '{"type":"new"}']) expect(parseMessage(text)).toBeNull();
  });

  it("names codecs", () => {
    expect(codecName('video/mp4; codecs="hev1.1.6.L93.B0"')).toBe("H.265 (HEVC)");
    expect(codecName('video/mp4; codecs="avc1.64001F"')).toBe("H.264 (AVC)");
    expect(codecName('video/mp4; codecs="av01.0.05M.08"')).toBe("av01.0.05M.08");
  });
});
