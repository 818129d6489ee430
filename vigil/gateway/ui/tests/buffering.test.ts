import { describe, expect, it } from "vitest";

import { Backoff, LIMITS, excess, spansOf, steer } from "@/live/buffering";

describe("steer", () => {
  it("leaves a player without a buffer alone", () => {
    expect(steer([], 0, 1)).toEqual({ seekTo: null, rate: 1, behindS: 0 });
  });

  it("begins near the newest picture of a stream whose times do not start at zero", () => {
    expect(steer([{ start: 5000, end: 5001 }], 0, 1).seekTo).toBeCloseTo(5000.7);
  });

  it("never lands before what is buffered", () => {
    expect(steer([{ start: 5000, end: 5000.1 }], 0, 1).seekTo).toBe(5000);
  });

  it("plays at normal speed within a second of the newest picture", () => {
    expect(steer([{ start: 0, end: 10 }], 9.2, 1)).toMatchObject({ seekTo: null, rate: 1 });
  });

  it("hurries between one and three seconds behind", () => {
    expect(steer([{ start: 0, end: 10 }], 8, 1)).toMatchObject({ seekTo: null, rate: 1.05 });
  });

  it("goes on hurrying until it is settled, not just below the threshold", () => {
    expect(steer([{ start: 0, end: 10 }], 9.2, 1.05).rate).toBe(1.05);
    expect(steer([{ start: 0, end: 10 }], 9.5, 1.05).rate).toBe(1);
  });

  it("jumps when it is more than three seconds behind", () => {
    expect(steer([{ start: 0, end: 10 }], 6.9, 1)).toMatchObject({ seekTo: 9.7, rate: 1 });
  });

  it("jumps over a hole that dropped pictures left", () => {
    const spans = [
      { start: 0, end: 8 },
      { start: 8.5, end: 10 },
    ];
    expect(steer(spans, 8, 1).seekTo).toBe(9.7);
    expect(steer(spans, 8.2, 1).seekTo).toBe(9.7);
  });

  it("waits at the edge when the buffer has run dry", () => {
    expect(steer([{ start: 0, end: 10 }], 10, 1)).toMatchObject({ seekTo: null, rate: 1 });
  });

  it("comes back when the position is beyond what is buffered", () => {
    expect(steer([{ start: 0, end: 10 }], 4000, 1).seekTo).toBe(9.7);
  });
});

describe("excess", () => {
  it("keeps what is less than twenty seconds old", () => {
    expect(excess([{ start: 0, end: 30 }], 20)).toBeNull();
  });

  it("does not remove every little bit", () => {
    expect(excess([{ start: 0, end: 30 }], 24)).toBeNull();
  });

  it("removes what lies further back", () => {
    expect(excess([{ start: 100, end: 140 }], 139)).toEqual({ start: 0, end: 139 - LIMITS.keepBehindS });
  });

  it("has nothing to remove from an empty buffer", () => {
    expect(excess([], 100)).toBeNull();
  });
});

it("spansOf reads time ranges in order", () => {
  const ranges = { length: 2, start: (i: number) => i * 10, end: (i: number) => i * 10 + 5 };
  expect(spansOf(ranges)).toEqual([
    { start: 0, end: 5 },
    { start: 10, end: 15 },
  ]);
});

it("Backoff waits 1, 2, 5, then 10 s, and starts again after success", () => {
  const backoff = new Backoff();
  expect(Array.from({ length: 6 }, () => backoff.next())).toEqual([1000, 2000, 5000, 10000, 10000, 10000]);
  backoff.reset();
  expect(backoff.next()).toBe(1000);
});
