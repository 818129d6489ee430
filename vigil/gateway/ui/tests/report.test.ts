import { expect, it } from "vitest";

import { hours, lineOf, lowestOf, minutes, percent, placesOf, type Point } from "@/words/report";

const day = (share: number | null, closed = false): Point => ({ share, closed });

it.each([
  [null, "—"],
  [0, "0.0%"],
  [0.953, "95.3%"],
  [0.9996, "99.9%"],
  [1, "100.0%"],
] as const)("a share of %s is %s", (share, words) => {
  expect(percent(share)).toBe(words);
});

it("says nothing where nothing is known", () => {
  expect([minutes(null), minutes(0), minutes(90), hours(5400)]).toEqual(["—", "0.0", "1.5", "1.5"]);
});

it("begins the axis below the lowest day", () => {
  expect(lowestOf([day(0.95), day(0.99)])).toBe(0.9);
  expect(lowestOf([day(0.91)])).toBe(0.8);
  expect(lowestOf([day(0.1)])).toBe(0);
  expect(lowestOf([])).toBe(0.9);
});

it("draws over days off and breaks where nothing is known", () => {
  const points = [day(1), day(null, true), day(1), day(null), day(1)];
  expect(lineOf(points, 100, 10)).toBe("M0.0 0.0L50.0 0.0M100.0 0.0");
});

it("places a single day without dividing by nothing", () => {
  expect(placesOf([day(1)], 100, 10)).toEqual([{ x: 0, y: 0, at: 0 }]);
});
