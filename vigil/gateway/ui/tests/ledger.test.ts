import { describe, expect, it } from "vitest";

import type { LedgerEntry, Permission } from "@/api/types";
import { allowedSteps, mayAttach, needsWords } from "@/components/ledger/steps";
import { placeEntry } from "@/state/ledger";

function entryOf(fields: Partial<LedgerEntry>): LedgerEntry {
  return {
    id: "e1",
    number: "2026-0001",
    kind: "complaint",
    state: "due",
    hall: "hall-1",
    window: null,
    title: "窗口无人",
    details: "",
    unit: "公安局",
    person: null,
    deadline: "2026-11-30T10:00:00Z",
    overdue: false,
    alert: null,
    entered_at: "2026-11-23T01:00:00.000Z",
    entered_by: "wang",
    version: 1,
    history: [],
    evidence: [],
    ...fields,
  };
}

const keeper = (permission: Permission) => permission === "keep-ledger";
const finder = (permission: Permission) => permission === "enter-findings";

describe("steps of an entry", () => {
  it("are those of its state and of the person", () => {
    expect(allowedSteps(entryOf({}), keeper)).toEqual(["report-fixed", "change", "remark", "withdraw"]);
    expect(allowedSteps(entryOf({ state: "fixed" }), keeper)).toEqual(["accept", "send-back", "change", "remark", "withdraw"]);
    expect(allowedSteps(entryOf({ state: "closed" }), keeper)).toEqual([]);
    expect(allowedSteps(entryOf({}), finder)).toEqual([]);
    expect(allowedSteps(entryOf({ kind: "finding", number: null }), finder)).toEqual(["release", "remark"]);
    expect(allowedSteps(entryOf({ kind: "finding" }), finder)).toEqual(["remark"]);
    expect(mayAttach(entryOf({}), finder)).toBe(false);
    expect(mayAttach(entryOf({ kind: "finding" }), finder)).toBe(true);
    expect(mayAttach(entryOf({ state: "withdrawn" }), keeper)).toBe(false);
    expect(needsWords("accept")).toBe(false);
    expect(needsWords("send-back")).toBe(true);
  });
});

describe("a told entry", () => {
  const [old, late] = [entryOf({ id: "a" }), entryOf({ id: "b", entered_at: "2026-11-24T01:00:00.000Z" })];

  it("finds its place, is replaced, and leaves with the filter", () => {
    expect(placeEntry([old], late, {}, true).map((one) => one.id)).toEqual(["b", "a"]);
    expect(placeEntry([late, old], { ...old, state: "fixed" }, {}, true)[1]?.state).toBe("fixed");
    expect(placeEntry([late, old], { ...old, state: "fixed" }, { state: "due" }, true)).toEqual([late]);
    expect(placeEntry([late], old, {}, false)).toEqual([late]);
    expect(placeEntry([], old, { overdue: true }, true)).toEqual([]);
  });
});
