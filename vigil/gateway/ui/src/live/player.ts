/**
 * A camera's live picture: WebSocket in, <video> out through Media Source Extensions. Knows no framework.
 *
 * A player is open from `open()` to `close()`. In between it reconnects by itself, begins a new media source whenever the
 * camera's stream changes, stays near the newest picture, and holds no connection while the page is hidden.
 */

import { Backoff, excess, spansOf, steer } from "./buffering";
import { CLOSE_FORBIDDEN, CLOSE_NO_CAMERA, CLOSE_NO_PURPOSE, CLOSE_NO_SESSION, type InitMessage, codecName, parseMessage } from "./protocol";
import { AppendQueue } from "./queue";

export type PlayerState =
  | "closed"
  | "connecting"
  | "waiting" // connected, no picture yet
  | "playing"
  | "offline" // the centre says that the camera sends nothing for now
  | "retrying"
  | "hidden" // the page is in the background: the connection is given up until it returns
  | "unsupported" // this browser cannot decode the camera's codec
  | "forbidden"
  | "missing"
  | "no-purpose" // whoever inspects there says first what for
  | "no-session";

export interface PlayerStats {
  width: number;
  height: number;
  codec: string;
  /** Buffered beyond the picture that is shown, in seconds. */
  behindS: number;
  bytes: number;
  fragments: number;
  /** Groups of pictures that the centre left out because this viewer read too slowly. */
  droppedGops: number;
  reconnects: number;
  jumps: number;
}

export interface PlayerOptions {
  video: HTMLVideoElement;
  url: string;
  onChange: (state: PlayerState, stats: Readonly<PlayerStats>) => void;
  onUnauthorized?: () => void;
}

type MediaSourceClass = typeof MediaSource;

/** Safari on phones has only ManagedMediaSource. */
function mediaSourceClass(): MediaSourceClass | null {
  const scope = globalThis as { ManagedMediaSource?: MediaSourceClass; MediaSource?: MediaSourceClass };
  return scope.MediaSource ?? scope.ManagedMediaSource ?? null;
}

const TICK_MS = 500;
/** A socket that says nothing for this long, while pictures are due, is dead. */
const SILENCE_MS = 15_000;

const FINAL: Record<number, PlayerState> = {
  [CLOSE_NO_SESSION]: "no-session",
  [CLOSE_FORBIDDEN]: "forbidden",
  [CLOSE_NO_CAMERA]: "missing",
  [CLOSE_NO_PURPOSE]: "no-purpose",
};

export class LivePlayer {
  private state: PlayerState = "closed";
  private readonly stats: PlayerStats = emptyStats();
  private readonly backoff = new Backoff();
  private socket: WebSocket | null = null;
  private queue: AppendQueue | null = null;
  private buffer: SourceBuffer | null = null;
  private objectUrl: string | null = null;
  private retryTimer: ReturnType<typeof setTimeout> | undefined;
  private tickTimer: ReturnType<typeof setInterval> | undefined;
  private heardAt = 0;

  constructor(private readonly options: PlayerOptions) {}

  open(): void {
    if (this.state !== "closed") return;
    document.addEventListener("visibilitychange", this.onVisibility);
    this.options.video.addEventListener("error", this.onVideoError);
    this.tickTimer = setInterval(() => this.tick(), TICK_MS);
    if (document.hidden) this.become("hidden");
    else this.connect();
  }

  close(): void {
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.options.video.removeEventListener("error", this.onVideoError);
    clearInterval(this.tickTimer);
    this.disconnect();
    this.become("closed");
  }

  private connect(): void {
    this.disconnect();
    this.become("connecting");
    const socket = new WebSocket(this.options.url);
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    this.heardAt = performance.now();
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (socket === this.socket) this.receive(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.socket) this.lost(event.code);
    };
  }

  /** Gives up the socket and the buffers, and any attempt under way. The last picture goes with them. */
  private disconnect(): void {
    clearTimeout(this.retryTimer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.dropSource();
  }

  private lost(code: number): void {
    this.socket = null;
    const final = FINAL[code];
    if (!final) {
      this.retry();
      return;
    }
    this.disconnect();
    this.become(final);
    if (final === "no-session") this.options.onUnauthorized?.();
  }

  private retry(): void {
    this.disconnect();
    this.stats.reconnects += 1;
    this.become("retrying");
    this.retryTimer = setTimeout(() => this.connect(), this.backoff.next());
  }

  private receive(data: string | ArrayBuffer): void {
    this.heardAt = performance.now();
    if (typeof data !== "string") {
      this.stats.bytes += data.byteLength;
      this.stats.fragments += 1;
      this.queue?.push(data);
      return;
    }
    const message = parseMessage(data);
    if (message?.type === "init") this.begin(message);
    else if (message?.type === "dropped") this.stats.droppedGops = message.gops;
    else if (message?.type === "state") this.hear(message.health);
  }

  private hear(health: "online" | "offline" | "impaired"): void {
    if (health === "offline") this.become("offline");
    else if (this.state === "offline") this.become(this.buffer ? "playing" : "waiting");
  }

  /** A new stream of pictures: a new media source, since another size or codec cannot follow in the same one. */
  private begin(init: InitMessage): void {
    this.dropSource();
    Object.assign(this.stats, { width: init.width, height: init.height, codec: codecName(init.mime) });
    const Source = mediaSourceClass();
    if (!Source?.isTypeSupported(init.mime)) {
      this.disconnect();
      this.become("unsupported");
      return;
    }
    this.become("waiting");
    const queue = new AppendQueue({
      settled: () => this.tick(),
      failed: () => this.retry(),
      spare: () => this.spare(),
    });
    this.queue = queue;
    const source = new Source();
    source.addEventListener("sourceopen", () => {
      if (queue !== this.queue) return;
      try {
        this.buffer = source.addSourceBuffer(init.mime);
      } catch {
        this.retry(); // too many buffers open in this browser: room may come
        return;
      }
      queue.attach(this.buffer);
    });
    this.objectUrl = URL.createObjectURL(source);
    this.options.video.disableRemotePlayback = true; // ManagedMediaSource wants it
    this.options.video.src = this.objectUrl;
  }

  private dropSource(): void {
    this.queue?.close();
    this.queue = null;
    this.buffer = null;
    if (!this.objectUrl) return;
    URL.revokeObjectURL(this.objectUrl);
    this.objectUrl = null;
    this.options.video.removeAttribute("src");
    this.options.video.load();
  }

  /** Steers towards the newest picture and removes what is old. */
  private tick(): void {
    if (this.socket && this.state !== "offline" && performance.now() - this.heardAt > SILENCE_MS) {
      this.retry();
      return;
    }
    if (!this.buffer || !this.queue) return;
    const { video } = this.options;
    const spans = spansOf(this.buffer.buffered);
    if (spans.length === 0) return;
    const steering = steer(spans, video.currentTime, video.playbackRate);
    if (steering.seekTo !== null) {
      if (this.state === "playing") this.stats.jumps += 1;
      video.currentTime = steering.seekTo;
    }
    if (video.playbackRate !== steering.rate) video.playbackRate = steering.rate;
    this.stats.behindS = steering.behindS;
    const old = excess(spans, video.currentTime);
    if (old) this.queue.remove(old);
    // A browser may pause a muted video while its page is covered.
    if (video.paused) void video.play().catch(() => {});
    if (this.state === "offline") return;
    this.backoff.reset();
    this.become("playing");
  }

  /** When the browser's memory is full: all that was shown already. */
  private spare(): { start: number; end: number } | null {
    const oldest = this.buffer && spansOf(this.buffer.buffered)[0];
    const end = this.options.video.currentTime - 1;
    return oldest && end > oldest.start ? { start: 0, end } : null;
  }

  private become(state: PlayerState): void {
    this.state = state;
    this.options.onChange(state, this.stats);
  }

  private readonly onVideoError = (): void => {
    if (this.objectUrl && this.socket) this.retry();
  };

  private readonly onVisibility = (): void => {
    if (document.hidden && !(this.state in KEPT)) {
      this.disconnect();
      this.become("hidden");
    } else if (!document.hidden && this.state === "hidden") {
      this.backoff.reset();
      this.connect();
    }
  };
}

/** States that hiding and showing the page does not change. */
const KEPT: Partial<Record<PlayerState, true>> = {
  closed: true,
  unsupported: true,
  forbidden: true,
  missing: true,
  "no-purpose": true,
  "no-session": true,
};

export function emptyStats(): PlayerStats {
  return {
    width: 0,
    height: 0,
    codec: "",
    behindS: 0,
    bytes: 0,
    fragments: 0,
    droppedGops: 0,
    reconnects: 0,
    jumps: 0,
  };
}
