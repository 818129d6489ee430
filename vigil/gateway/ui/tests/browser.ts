/** The parts of a browser that the player uses, as fakes that a test drives. */

import { vi } from "vitest";

export class FakeSocket {
  static all: FakeSocket[] = [];
  static get last(): FakeSocket {
    const socket = FakeSocket.all.at(-1);
    if (!socket) throw new Error("no socket was opened");
    return socket;
  }

  binaryType = "";
  closed = false;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  onclose: ((event: { code: number }) => void) | null = null;

  constructor(readonly url: string) {
    FakeSocket.all.push(this);
  }

  close(): void {
    this.closed = true;
  }

  say(message: object): void {
    this.onmessage?.({ data: JSON.stringify(message) });
  }

  send(bytes: number): void {
    this.onmessage?.({ data: new ArrayBuffer(bytes) });
  }

  drop(code = 1006): void {
    this.onclose?.({ code });
  }
}

export class FakeBuffer extends EventTarget {
  updating = false;
  appended: number[] = [];
  removed: [number, number][] = [];
  spans: [number, number][] = [];

  get buffered() {
    return { length: this.spans.length, start: (i: number) => this.spans[i]?.[0] ?? 0, end: (i: number) => this.spans[i]?.[1] ?? 0 };
  }

  appendBuffer(data: ArrayBuffer): void {
    this.appended.push(data.byteLength);
    this.updating = true;
  }

  remove(start: number, end: number): void {
    this.removed.push([start, end]);
    this.updating = true;
  }

  /** The operation ends, and `spans` are what is buffered then. */
  finish(spans: [number, number][] = this.spans): void {
    this.spans = spans;
    this.updating = false;
    this.dispatchEvent(new Event("updateend"));
  }
}

export class FakeSource extends EventTarget {
  static all: FakeSource[] = [];
  static isTypeSupported = (mime: string) => mime.includes("avc1");
  static get last(): FakeSource {
    const source = FakeSource.all.at(-1);
    if (!source) throw new Error("no media source was made");
    return source;
  }

  readonly buffer = new FakeBuffer();

  constructor() {
    super();
    FakeSource.all.push(this);
  }

  addSourceBuffer(): FakeBuffer {
    return this.buffer;
  }

  open(): void {
    this.dispatchEvent(new Event("sourceopen"));
  }
}

export class FakeVideo extends EventTarget {
  currentTime = 0;
  playbackRate = 1;
  paused = false;
  src = "";
  disableRemotePlayback = false;
  play = vi.fn(async () => {});
  load = vi.fn();

  removeAttribute(): void {
    this.src = "";
  }
}

export class FakeDocument extends EventTarget {
  hidden = false;

  hide(hidden: boolean): void {
    this.hidden = hidden;
    this.dispatchEvent(new Event("visibilitychange"));
  }
}

export function installBrowser(): FakeDocument {
  FakeSocket.all = [];
  FakeSource.all = [];
  const page = new FakeDocument();
  vi.stubGlobal("WebSocket", FakeSocket);
  vi.stubGlobal("MediaSource", FakeSource);
  vi.stubGlobal("document", page);
  let made = 0;
  URL.createObjectURL = () => `blob:${(made += 1)}`;
  URL.revokeObjectURL = vi.fn();
  return page;
}
