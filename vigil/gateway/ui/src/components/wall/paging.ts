/** Which cameras stand on which page of the wall. Cameras of a hall stay together and in the order of the configuration. */

import type { CameraView, HallView } from "@/api/types";

export const LAYOUTS = [1, 4, 9, 16] as const;
export type Layout = (typeof LAYOUTS)[number];

export interface HallOnPage {
  hall: HallView;
  cameras: CameraView[];
}

export function pagesOf(halls: HallView[], perPage: number): HallOnPage[][] {
  const pages: HallOnPage[][] = [];
  let room = 0;
  for (const hall of halls) {
    let rest = hall.cameras;
    while (rest.length > 0) {
      if (room === 0) {
        pages.push([]);
        room = perPage;
      }
      const cameras = rest.slice(0, room);
      pages.at(-1)?.push({ hall, cameras });
      rest = rest.slice(cameras.length);
      room -= cameras.length;
    }
  }
  return pages;
}

/** The smallest layout that shows all at once, or the largest there is. */
export function fittingLayout(cameras: number): Layout {
  return LAYOUTS.find((layout) => layout >= cameras) ?? 16;
}

export function asLayout(value: unknown): Layout | null {
  return LAYOUTS.find((layout) => layout === Number(value)) ?? null;
}
