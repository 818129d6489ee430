/** Pictures to draw zones over. Each is a look, so one that was fetched stays until it is asked for anew. */

import { shallowRef } from "vue";

import * as api from "@/api/calls";

export interface StillPicture {
  address: string;
  at: Date;
  /** Height by width. */
  shape: number;
}

export const stills = shallowRef<ReadonlyMap<string, StillPicture>>(new Map());

export async function fetchStill(camera: string): Promise<void> {
  const { blob, at } = await api.still(camera);
  const bitmap = await createImageBitmap(blob);
  const shape = bitmap.height / bitmap.width;
  bitmap.close();
  release(stills.value.get(camera));
  stills.value = new Map(stills.value).set(camera, { address: URL.createObjectURL(blob), at, shape });
}

export function forgetStills(): void {
  stills.value.forEach(release);
  stills.value = new Map();
}

function release(still: StillPicture | undefined): void {
  if (still) URL.revokeObjectURL(still.address);
}
