import { expect, it } from "vitest";

import { subjectInWords } from "@/words/register";

const names = {
  camera: (id: string) => (id === "ga-1" ? "户政大厅" : id),
  span: (from: string, to: string) => `${from}–${to}`,
  stream: { main: "主码流", sub: "子码流" },
};

it.each([
  ["camera ga-1, sub", "户政大厅 · 子码流"],
  ["camera gone-7, main", "gone-7 · 主码流"],
  ["clip pull-1: camera ga-1, 2026-11-23T01:00:00.000Z/2026-11-23T01:05:00.000Z", "户政大厅 · 2026-11-23T01:00:00.000Z–2026-11-23T01:05:00.000Z · pull-1"],
  ["camera ga-1, main, by RTSP from 192.0.2.7", "户政大厅 · 主码流 · RTSP 192.0.2.7"],
  ["camera ga-1, sub, by RTSP from ::1, begun 2026-11-23T01:00:00+00:00", "户政大厅 · 子码流 · RTSP ::1"],
  [
    "camera ga-1, 2026-11-23T01:00:00+00:00/2026-11-23T01:05:00+00:00, by RTSP from 192.0.2.7",
    "户政大厅 · 2026-11-23T01:00:00+00:00–2026-11-23T01:05:00+00:00 · RTSP 192.0.2.7",
  ],
  ["hold h1: camera ga-1, 2026-11-23T01:00:00.000Z/2026-11-23T01:05:00.000Z", "户政大厅 · 2026-11-23T01:00:00.000Z–2026-11-23T01:05:00.000Z · h1"],
  [
    "camera ga-1, 2026-09-01T01:00:00+00:00/2026-09-01T02:00:00+00:00: 120 segments, 1610612736 bytes, list 0a1b",
    "户政大厅 · 2026-09-01T01:00:00+00:00–2026-09-01T02:00:00+00:00 · 1.50 GiB",
  ],
  ["something newer", "something newer"],
])("%s", (subject, words) => {
  expect(subjectInWords(subject, names)).toBe(words);
});
