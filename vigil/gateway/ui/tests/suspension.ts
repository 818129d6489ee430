import type { Suspension } from "@/api/types";

/** A pause from 09:00 to 10:00 in Shanghai on 23 November 2026. */
export const suspensionOf = (fields: Partial<Suspension>): Suspension => ({
  id: "s-1",
  hall: "h",
  window: "w",
  kind: "paused",
  from_at: "2026-11-23T01:00:00Z",
  to_at: "2026-11-23T02:00:00Z",
  note: "设备维修",
  by: "operator",
  entered_at: "2026-11-23T00:59:00Z",
  ended_at: null,
  ended_by: null,
  ...fields,
});
