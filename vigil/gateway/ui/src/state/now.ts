/** The time of this browser, once a second, for durations that go on. */

import { shallowRef } from "vue";

export const now = shallowRef(new Date());

setInterval(() => {
  if (!globalThis.document?.hidden) now.value = new Date();
}, 1_000);
