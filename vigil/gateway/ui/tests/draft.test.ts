import { describe, expect, it } from "vitest";

import type { SiteDoc } from "@/draft/document";
import { freshId, newCamera, newHall, withCalendarName, withId } from "@/draft/edit";
import { begin, redo, step, undo } from "@/draft/history";
import { append, dotted, faultsAt, faultsWithin, put, valueAt } from "@/draft/place";
import { withoutCredentials } from "@/draft/source";
import { has, placeOf, same, thingAt } from "@/draft/things";
import { asKind, box, nextOwner, ofOwner, zoneFaults } from "@/draft/zones";
import { polygonIn, valueInWords } from "@/words/site";

const SITE: SiteDoc = {
  name: "中心",
  calendars: { usual: {}, "usual.late": {} },
  halls: [
    {
      id: "ga",
      name: "公安分厅",
      department: "公安局",
      calendar: "usual",
      groups: [{ id: "ga-1", name: "户籍", windows: [{ id: "w-1", name: "1号窗口", calendar: "usual" }, { id: "w-2", name: "2号窗口", staff: 2 }] }],
      cameras: [
        {
          id: "counter",
          name: "柜台",
          url: "rtsp://192.0.2.1/main",
          recording: { calendar: "usual" },
          zones: [
            { kind: "staff-area", window: "w-1", polygon: [[0, 0], [1, 0], [1, 1]], rates: { miss: 0.1 } },
            { kind: "queue", group: "ga-1", polygon: [[0, 0], [1, 0], [1, 1]] },
          ],
        },
        { id: "lobby", name: "大厅", url: "rtsp://192.0.2.2/main" },
      ],
    },
  ],
};
const [HALL] = SITE.halls ?? [];
const [COUNTER, LOBBY] = HALL?.cameras ?? [];
if (!HALL || !COUNTER || !LOBBY) throw new Error("the site above has them");

const fault = (where: string) => ({ where, line: 1, what: "", remedy: "" });

describe("places", () => {
  it("are named as the centre names them", () => {
    expect(dotted(["halls", 0, "cameras", 1, "url"])).toBe("site.halls[0].cameras[1].url");
    expect(dotted([])).toBe("site");
  });

  it("hold values that are put, taken out and appended, and nothing else changes", () => {
    const before = JSON.stringify(SITE);
    const named = put(SITE, ["halls", 0, "groups", 0, "windows", 1, "name"], "二号");
    expect(valueAt(named, ["halls", 0, "groups", 0, "windows", 1, "name"])).toBe("二号");
    expect(named.halls?.[0]?.cameras).toBe(SITE.halls?.[0]?.cameras);
    expect(put(SITE, ["thresholds", "stale_after_s"], 5).thresholds).toEqual({ stale_after_s: 5 });
    expect(put(SITE, ["halls", 0, "groups", 0, "windows", 0], undefined).halls?.[0]?.groups?.[0]?.windows.map((one) => one.id)).toEqual(["w-2"]);
    expect(Object.keys(put(SITE, ["calendars", "usual"], undefined).calendars ?? {})).toEqual(["usual.late"]);
    expect(Object.keys(put(SITE, ["name"], "甲"))[0]).toBe("name");
    expect(append(SITE, ["halls", 0, "cameras", 1, "zones"], box("queue", null)).halls?.[0]?.cameras?.[1]?.zones).toHaveLength(1);
    expect(JSON.stringify(SITE)).toBe(before);
  });

  it("have faults of their own and within", () => {
    const faults = [fault("site.halls[1].name"), fault("site.halls[10].name"), fault("site.halls[1]")];
    expect(faultsWithin(faults, ["halls", 1])).toEqual([faults[0], faults[2]]);
    expect(faultsAt(faults, ["halls", 1])).toEqual([faults[2]]);
  });

  it("lead to the thing that has a form", () => {
    expect(thingAt(SITE, "site.halls[0].cameras[1].zones[2].polygon")).toEqual({ noun: "camera", hall: 0, camera: 1 });
    expect(thingAt(SITE, "site.halls[0].groups[0].windows[1].staff")).toEqual({ noun: "group", hall: 0, group: 0 });
    expect(thingAt(SITE, "site.halls[0].calendar")).toEqual({ noun: "hall", hall: 0 });
    expect(thingAt(SITE, "site.calendars.usual.late.hours")).toEqual({ noun: "calendar", name: "usual.late" });
    expect(thingAt(SITE, "site.thresholds.stale_after_s")).toEqual({ noun: "site" });
    expect(has(SITE, { noun: "camera", hall: 0, camera: 2 })).toBe(false);
    expect(placeOf({ noun: "group", hall: 0, group: 0 })).toEqual(["halls", 0, "groups", 0]);
    expect(same({ noun: "hall", hall: 0 }, { noun: "hall", hall: 1 })).toBe(false);
  });
});

describe("steps", () => {
  it("are taken back and taken again, those of one mark together", () => {
    let history = begin(0);
    for (const [now, mark] of [[1, null], [2, "corner"], [3, "corner"], [4, "other"]] as const) history = step(history, now, mark);
    const seen = [];
    for (let back = undo(history); ; back = undo(back)) {
      seen.push(back.now);
      if (!back.past.length) {
        expect(undo(back)).toBe(back);
        expect(redo(redo(back)).now).toBe(3);
        expect(step(back, 9).future).toEqual([]);
        break;
      }
    }
    expect(seen).toEqual([3, 1, 0]);
  });
});

describe("changes of more than one place", () => {
  it("give new things ids that nobody has", () => {
    expect(freshId("hall", ["hall-2"])).toBe("hall-3");
    expect(newHall(SITE)).toEqual({ id: "hall-2", name: "", department: "", calendar: "usual" });
    expect(newCamera(SITE, HALL, ["a", "b"])).toMatchObject({ id: "ga-cam-3", node: "a" });
    expect(newCamera(SITE, HALL, ["a"])).not.toHaveProperty("node");
  });

  it("take the zones along with their window or group", () => {
    const window = withId(SITE, ["halls", 0, "groups", 0, "windows", 0], "w-1", "w-9");
    expect(window.halls?.[0]?.cameras?.[0]?.zones?.map((zone) => zone.window)).toEqual(["w-9", undefined]);
    const group = withId(SITE, ["halls", 0, "groups", 0], "ga-1", "ga-9");
    expect(group.halls?.[0]?.cameras?.[0]?.zones?.[1]?.group).toBe("ga-9");
    const twice = put(SITE, ["halls", 0, "groups", 0, "windows", 1, "id"], "w-1");
    expect(withId(twice, ["halls", 0, "groups", 0, "windows", 1], "w-1", "w-2").halls?.[0]?.cameras?.[0]?.zones?.[0]?.window).toBe("w-1");
  });

  it("name a calendar anew wherever it is named", () => {
    const text = JSON.stringify(withCalendarName(SITE, "usual", "平日"));
    expect(text).not.toContain('"usual"');
    expect(text.match(/"平日"/g)).toHaveLength(4);
  });
});

describe("zones", () => {
  it("of another kind belong to nothing that they cannot belong to", () => {
    const [staff, queue] = COUNTER.zones ?? [];
    if (!staff || !queue) throw new Error("the camera above has them");
    expect(asKind(staff, "visitor-spot")).toEqual({ kind: "visitor-spot", polygon: staff.polygon, window: "w-1" });
    expect(asKind(staff, "queue")).toEqual({ kind: "queue", polygon: staff.polygon });
    expect(asKind(staff, "staff-area")).toBe(staff);
    expect(ofOwner(staff, "w-2")).toEqual({ kind: "staff-area", polygon: staff.polygon, window: "w-2" });
  });

  it("that are new belong to the first that has none", () => {
    expect(nextOwner(HALL, COUNTER, "staff-area")).toBe("w-2");
    expect(nextOwner(HALL, COUNTER, "visitor-spot")).toBe("w-1");
    expect(nextOwner(HALL, COUNTER, "queue")).toBeNull();
  });

  it("are judged as the configuration does", () => {
    expect(zoneFaults(HALL, COUNTER)).toEqual([[], []]);
    const zones = [box("staff-area", null), box("staff-area", "w-7"), box("queue", "w-1"), { ...box("queue", "ga-1"), polygon: [] }];
    expect(zoneFaults(HALL, { ...COUNTER, zones })).toEqual([["ownerMissing"], ["ownerUnknown"], ["ownerUnknown"], ["points"]]);
  });

  it("of a window that needs several clerks stand in one camera", () => {
    const both = [COUNTER, LOBBY].map((camera) => ({ ...camera, zones: [box("staff-area", "w-2")] }));
    const hall = { ...HALL, cameras: both };
    expect(both.map((camera) => zoneFaults(hall, camera))).toEqual([[["shownTwice"]], [["shownTwice"]]]);
  });
});

describe("an address with an account", () => {
  it.each([
    ["rtsp://192.0.2.1/main", "rtsp://192.0.2.1/main", null, false],
    ["rtsp://viewer:secret@192.0.2.1:554/main?x=1", "rtsp://192.0.2.1:554/main?x=1", "viewer", true],
    ["rtsp://viewer:p@ss/w#rd@192.0.2.1/main", "rtsp://192.0.2.1/main", "viewer", true],
    ["https://a%40b@host/x", "https://host/x", "a@b", false],
    ["rtsp://100%:x@host/x", "rtsp://host/x", "100%", true],
    [" file:clips/a@b.mp4 ", "file:clips/a@b.mp4", null, false],
  ])("loses it: %s", (text, url, username, password) => expect(withoutCredentials(text)).toEqual({ url, username, password }));
});

describe("what changes", () => {
  it("is told in words, and a polygon is drawn", () => {
    expect(valueInWords('"公安"', "默认")).toBe("公安");
    expect(valueInWords(null, "默认")).toBe("默认");
    expect(polygonIn("zones.queue.ga-1.polygon", "[[0, 0], [1, 0], [1, 1]]")).toEqual([[0, 0], [1, 0], [1, 1]]);
    expect(polygonIn("zones.queue.ga-1.polygon", null)).toBeNull();
    expect(polygonIn("name", '"polygon"')).toBeNull();
  });
});
