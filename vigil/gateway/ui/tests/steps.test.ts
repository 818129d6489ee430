import { describe, expect, it } from "vitest";

import type { Permission } from "@/api/types";
import { allowed, lacking } from "@/components/alerts/steps";

const operator = (permission: Permission) => permission === "acknowledge";
const supervisor = (permission: Permission) => ["acknowledge", "decide", "reopen"].includes(permission);

describe("steps", () => {
  it("are those of the state and of the person", () => {
    expect(allowed("open", operator)).toEqual(["acknowledge", "assign", "comment"]);
    expect(allowed("open", supervisor)).toEqual(["acknowledge", "confirm", "dismiss", "assign", "comment"]);
    expect(allowed("acknowledged", supervisor)).toEqual(["confirm", "dismiss", "assign", "comment"]);
    expect(allowed("confirmed", supervisor)).toEqual(["rectify", "reopen", "assign", "comment"]);
    expect(allowed("dismissed", supervisor)).toEqual(["reopen", "comment"]);
    expect(allowed("rectified", operator)).toEqual(["comment"]);
    expect(allowed("open", () => false)).toEqual([]);
  });

  it("say what they lack", () => {
    expect(lacking("dismiss", "x", "", "")).toBe("reason");
    expect(lacking("dismiss", "", "false-detection", "")).toBeNull();
    expect(lacking("dismiss", "", "other", "")).toBe("words");
    expect(lacking("assign", "", "", "")).toBe("to");
    expect(lacking("assign", "", "", "role:operator")).toBeNull();
    expect(lacking("confirm", "", "", "")).toBeNull();
    for (const step of ["rectify", "reopen", "comment"] as const) expect(lacking(step, "", "", "")).toBe("words");
  });
});
