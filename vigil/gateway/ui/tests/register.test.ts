import { expect, it } from "vitest";

import { zh } from "@/i18n/zh";
import { subjectInWords } from "@/words/register";

const names = {
  camera: (id: string) => (id === "ga-1" ? "户政大厅" : id),
  span: (from: string, to: string) => `${from}–${to}`,
  stream: { main: "主码流", sub: "子码流" },
  figures: zh.register.figures,
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
  [
    "figures up to 2023-11-20: 600 minutes of windows, 60 of queues, 12 changes, 24 hours of footage, 3 gaps",
    "2023-11-20 及以前的统计：窗口分钟 600，队列分钟 60，状态变化 12，录像小时 24，缺口 3",
  ],
  ["something newer", "something newer"],
])("%s", (subject, words) => {
  expect(subjectInWords(subject, names)).toBe(words);
});
