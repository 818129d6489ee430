import type { AlertView, ClipView } from "@/api/types";

export function alertOf(fields: Partial<AlertView>): AlertView {
  return {
    id: "a1",
    kind: "window-unstaffed",
    state: "open",
    hall: "hall-1",
    group: null,
    window: "window-1",
    camera: "camera-1",
    began_at: "2026-11-23T01:00:00Z",
    raised_at: "2026-11-23T01:05:00Z",
    escalated_at: null,
    ended_at: null,
    end_reason: null,
    facts: {},
    has_snapshot: false,
    clip: null,
    backfilled: false,
    version: 0,
    assigned: null,
    level: 0,
    received_at: null,
    muted_until: null,
    history: [],
    ...fields,
  };
}

export function clipOf(fields: Partial<ClipView>): ClipView {
  return {
    id: "c1",
    camera: "camera-1",
    alert: null,
    from_at: "2026-11-23T01:00:00Z",
    to_at: "2026-11-23T01:01:00Z",
    state: "waiting",
    size: null,
    sha256: null,
    gaps: [],
    reason: null,
    by: null,
    created_at: "2026-11-23T01:02:00Z",
    ...fields,
  };
}
