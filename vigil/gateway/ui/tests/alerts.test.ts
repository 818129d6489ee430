import { describe, expect, it } from "vitest";

import type { AlertView } from "@/api/types";
import { filterFrom, queryFrom } from "@/components/alerts/query";
import { append, place, withClip } from "@/state/alerts";
import { alertOf, clipOf } from "./alert";

const at = (minute: number) => `2026-11-23T01:${String(minute).padStart(2, "0")}:00Z`;
const list = [alertOf({ id: "c", raised_at: at(30) }), alertOf({ id: "b", raised_at: at(20) }), alertOf({ id: "a", raised_at: at(10) })];
const ids = (items: { id: string }[]) => items.map((item) => item.id).join("");

describe("place", () => {
  it("puts a new alert in front", () => {
    expect(ids(place(list, alertOf({ id: "d", raised_at: at(40) }), {}, true))).toBe("dcba");
  });

  it("replaces an alert where it stands", () => {
    const next = place(list, alertOf({ id: "b", raised_at: at(20), state: "confirmed" }), {}, true);
    expect(ids(next)).toBe("cba");
    expect(next[1]?.state).toBe("confirmed");
  });

  it("keeps out, and takes out, what the filter does not want", () => {
    expect(ids(place(list, alertOf({ id: "d", kind: "camera-fault" }), { kind: "window-unstaffed" }, true))).toBe("cba");
    expect(ids(place(list, alertOf({ id: "b", state: "dismissed" }), { state: "open" }, true))).toBe("ca");
    expect(ids(place(list, alertOf({ id: "c", ended_at: at(50) }), { active: true }, true))).toBe("ba");
  });

  it("leaves an older alert to the page that has not been loaded yet", () => {
    const old = alertOf({ id: "0", raised_at: at(1) });
    expect(ids(place(list, old, {}, false))).toBe("cba");
    expect(ids(place(list, old, {}, true))).toBe("cba0");
  });

  it("updates the last one of an unfinished list", () => {
    expect(ids(place(list, alertOf({ id: "a", raised_at: at(10), state: "confirmed" }), {}, false))).toBe("cba");
  });
});

describe("a visitor whom nobody serves", () => {
  const unserved = (fields: Partial<AlertView>) => alertOf({ id: "u", kind: "unserved-visitor", raised_at: at(15), ...fields });

  it("stands above newer alerts while it goes on and is not decided", () => {
    expect(ids(place(list, unserved({}), {}, true))).toBe("ucba");
    expect(ids(place(list, unserved({ state: "acknowledged" }), {}, true))).toBe("ucba");
    expect(ids(append([], [...list, unserved({})]))).toBe("ucba");
  });

  it("takes its place by time once it has ended or somebody has decided", () => {
    const shown = place(list, unserved({}), {}, true);
    expect(ids(place(shown, unserved({ ended_at: at(40) }), {}, true))).toBe("cbua");
    expect(ids(place(shown, unserved({ state: "confirmed" }), {}, true))).toBe("cbua");
    expect(ids(place(shown, unserved({ state: "dismissed" }), {}, true))).toBe("cbua");
  });

  it("is shown though older than the last one of an unfinished list", () => {
    expect(ids(place(list, unserved({ raised_at: at(1) }), {}, false))).toBe("ucba");
  });
});

it("append doubles nothing that came in the meantime", () => {
  expect(ids(append(list, [alertOf({ id: "a", raised_at: at(10) }), alertOf({ id: "0", raised_at: at(1) })]))).toBe("cba0");
});

it("withClip reaches the alert that the clip belongs to, and no other", () => {
  const next = withClip(list, clipOf({ alert: "b", state: "ready" }));
  expect(next.map((alert) => alert.clip?.state)).toEqual([undefined, "ready", undefined]);
});

it("a filter survives the address", () => {
  const filter = { hall: "h", kind: "queue-buildup", state: "open", active: true } as const;
  expect(filterFrom(queryFrom(filter))).toEqual(filter);
  expect(queryFrom(filterFrom({}))).toEqual({});
});
