import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";

import { LivePlayer, type PlayerState, type PlayerStats } from "@/live/player";
import { type FakeDocument, FakeSocket, FakeSource, FakeVideo, installBrowser } from "./browser";

const INIT = { type: "init", mime: 'video/mp4; codecs="avc1.64001F"', width: 640, height: 360 };
const HEVC = { ...INIT, mime: 'video/mp4; codecs="hvc1.1.6.L93.B0"' };

let page: FakeDocument;
let video: FakeVideo;
let player: LivePlayer;
let state: PlayerState;
let stats: Readonly<PlayerStats>;
const unauthorized = vi.fn();

beforeEach(() => {
  vi.useFakeTimers();
  unauthorized.mockClear();
  page = installBrowser();
  video = new FakeVideo();
  player = new LivePlayer({
    video: video as unknown as HTMLVideoElement,
    url: "ws://centre/live",
    onChange: (next, figures) => {
      state = next;
      stats = figures;
    },
    onUnauthorized: unauthorized,
  });
});

afterEach(() => {
  player.close();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Opens, and plays until pictures 5000..5001 are in the buffer. */
function play(): FakeSource {
  player.open();
  FakeSocket.last.say(INIT);
  FakeSocket.last.send(10);
  const source = FakeSource.last;
  source.open();
  FakeSocket.last.send(20);
  source.buffer.finish();
  source.buffer.finish([[5000, 5001]]);
  return source;
}

describe("LivePlayer", () => {
  it("appends the init segment and the fragments in order, and starts near the newest picture", () => {
    const source = play();
    expect(source.buffer.appended).toEqual([10, 20]);
    expect(video.currentTime).toBeCloseTo(5000.7);
    expect(state).toBe("playing");
    expect(stats).toMatchObject({ width: 640, height: 360, codec: "H.264 (AVC)", fragments: 2, bytes: 30 });
  });

  it("begins a new media source when the stream changes", () => {
    const first = play();
    FakeSocket.last.say({ ...INIT, width: 1920, height: 1080 });
    FakeSocket.last.send(30);
    expect(FakeSource.last).not.toBe(first);
    FakeSource.last.open();
    expect(FakeSource.last.buffer.appended).toEqual([30]);
    expect(first.buffer.appended).toEqual([10, 20]);
    expect(URL.revokeObjectURL).toHaveBeenCalledWith("blob:1");
    expect(stats.width).toBe(1920);
  });

  it("hurries, jumps and trims as time goes on", () => {
    const { buffer } = play();
    video.currentTime = 5040;
    buffer.spans = [[5000, 5042]];
    vi.advanceTimersByTime(500);
    expect(video.playbackRate).toBe(1.05);
    expect(buffer.removed).toEqual([[0, 5020]]);
    buffer.finish([[5020, 5050]]);
    expect(video.currentTime).toBeCloseTo(5049.7);
    expect(video.playbackRate).toBe(1);
    expect(stats.jumps).toBe(1);
  });

  it("reconnects after 1, 2, 5 and 10 s", () => {
    player.open();
    for (const wait of [1_000, 2_000, 5_000, 10_000, 10_000]) {
      const before = FakeSocket.all.length;
      FakeSocket.last.drop();
      expect(state).toBe("retrying");
      vi.advanceTimersByTime(wait - 1);
      expect(FakeSocket.all).toHaveLength(before);
      vi.advanceTimersByTime(1);
      expect(FakeSocket.all).toHaveLength(before + 1);
    }
    expect(stats.reconnects).toBe(5);
  });

  it("starts the waits anew once a picture has been shown", () => {
    player.open();
    FakeSocket.last.drop();
    vi.advanceTimersByTime(1_000);
    FakeSocket.last.drop();
    player.close();
    play();
    FakeSocket.last.drop();
    vi.advanceTimersByTime(1_000);
    expect(state).toBe("connecting");
  });

  it("gives up a socket that has gone silent", () => {
    play();
    vi.advanceTimersByTime(15_000);
    expect(state).toBe("playing");
    vi.advanceTimersByTime(1_000);
    expect(state).toBe("retrying");
  });

  it("waits patiently for a camera that the centre says is offline", () => {
    play();
    FakeSocket.last.say({ type: "state", health: "offline" });
    vi.advanceTimersByTime(120_000);
    expect(state).toBe("offline");
    expect(FakeSocket.all).toHaveLength(1);
    FakeSocket.last.say(INIT);
    expect(state).toBe("waiting");
  });

  it("says which codec the browser lacks, and does not try again", () => {
    player.open();
    FakeSocket.last.say(HEVC);
    expect(state).toBe("unsupported");
    expect(stats.codec).toBe("H.265 (HEVC)");
    expect(FakeSocket.last.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    page.hide(true);
    page.hide(false);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it.each([
    [4401, "no-session"],
    [4403, "forbidden"],
    [4404, "missing"],
  ] as const)("does not try again after close code %i", (code, expected) => {
    player.open();
    FakeSocket.last.drop(code);
    vi.advanceTimersByTime(60_000);
    expect(state).toBe(expected);
    expect(FakeSocket.all).toHaveLength(1);
    expect(unauthorized).toHaveBeenCalledTimes(code === 4401 ? 1 : 0);
  });

  it("holds no connection while the page is hidden", () => {
    play();
    page.hide(true);
    expect(state).toBe("hidden");
    expect(FakeSocket.last.closed).toBe(true);
    vi.advanceTimersByTime(60_000);
    expect(FakeSocket.all).toHaveLength(1);
    page.hide(false);
    expect(state).toBe("connecting");
    expect(FakeSocket.all).toHaveLength(2);
  });

  it("does not connect in a page that opens hidden", () => {
    page.hidden = true;
    player.open();
    expect(FakeSocket.all).toHaveLength(0);
    page.hide(false);
    expect(FakeSocket.all).toHaveLength(1);
  });

  it("begins anew when the video cannot be decoded", () => {
    play();
    video.dispatchEvent(new Event("error"));
    expect(state).toBe("retrying");
  });

  it("counts the groups of pictures that the centre left out, and ignores what it does not know", () => {
    play();
    FakeSocket.last.say({ type: "dropped", gops: 4 });
    FakeSocket.last.say({ type: "something-new" });
    vi.advanceTimersByTime(500);
    expect(stats.droppedGops).toBe(4);
  });

  it("hears nothing of a socket it has given up", () => {
    play();
    const old = FakeSocket.last;
    player.close();
    old.say(INIT);
    old.drop();
    expect(state).toBe("closed");
    expect(FakeSocket.all).toHaveLength(1);
  });
});
