import { beforeEach, describe, expect, it, vi } from "vitest";

import { AppendQueue, MAX_WAITING_BYTES, type Sink } from "@/live/queue";

/** A SourceBuffer that finishes when the test says so. */
class FakeSink implements Sink {
  updating = false;
  readonly done: string[] = [];
  refuse: Error | null = null;
  private readonly listeners: Record<string, (() => void)[]> = {};

  appendBuffer(data: ArrayBuffer): void {
    if (this.refuse) {
      const error = this.refuse;
      this.refuse = null;
      throw error;
    }
    this.start(`append ${data.byteLength}`);
  }

  remove(start: number, end: number): void {
    this.start(`remove ${start}-${end}`);
  }

  addEventListener(type: "updateend" | "error", listener: () => void): void {
    (this.listeners[type] ??= []).push(listener);
  }

  finish(): void {
    this.updating = false;
    this.listeners["updateend"]?.forEach((listener) => listener());
  }

  break(): void {
    this.listeners["error"]?.forEach((listener) => listener());
  }

  private start(what: string): void {
    if (this.updating) throw new Error("InvalidStateError");
    this.updating = true;
    this.done.push(what);
  }
}

const bytes = (n: number) => new ArrayBuffer(n);
const full = () => Object.assign(new Error("full"), { name: "QuotaExceededError" });

describe("AppendQueue", () => {
  const handlers = { settled: vi.fn(), failed: vi.fn(), spare: vi.fn(() => ({ start: 0, end: 7 }) as { start: number; end: number } | null) };
  let sink: FakeSink;
  let queue: AppendQueue;

  beforeEach(() => {
    vi.clearAllMocks();
    sink = new FakeSink();
    queue = new AppendQueue(handlers);
  });

  it("holds what comes before the buffer is there, and appends it in order", () => {
    [1, 2, 3].forEach((n) => queue.push(bytes(n)));
    queue.attach(sink);
    sink.finish();
    sink.finish();
    sink.finish();
    expect(sink.done).toEqual(["append 1", "append 2", "append 3"]);
    expect(handlers.settled).toHaveBeenCalledTimes(3);
    expect(queue.waiting).toEqual({ operations: 0, bytes: 0 });
  });

  it("never begins an operation while one is under way", () => {
    queue.attach(sink);
    queue.push(bytes(1));
    queue.push(bytes(2));
    queue.remove({ start: 0, end: 5 });
    expect(sink.done).toEqual(["append 1"]);
    sink.finish();
    sink.finish();
    expect(sink.done).toEqual(["append 1", "remove 0-5", "append 2"]);
  });

  it("asks for one removal at a time", () => {
    queue.attach(sink);
    queue.push(bytes(1));
    queue.remove({ start: 0, end: 5 });
    queue.remove({ start: 0, end: 6 });
    expect(queue.waiting.operations).toBe(1);
  });

  it("makes room and tries the same piece again when the browser's memory is full", () => {
    queue.attach(sink);
    sink.refuse = full();
    queue.push(bytes(4));
    expect(sink.done).toEqual(["remove 0-7"]);
    sink.finish();
    expect(sink.done).toEqual(["remove 0-7", "append 4"]);
    expect(handlers.failed).not.toHaveBeenCalled();
  });

  it("fails when nothing can be spared", () => {
    handlers.spare.mockReturnValueOnce(null);
    queue.attach(sink);
    sink.refuse = full();
    queue.push(bytes(4));
    expect(handlers.failed).toHaveBeenCalledExactlyOnceWith("buffer-full");
  });

  it("fails once, and takes nothing more, when a piece is refused", () => {
    queue.attach(sink);
    sink.refuse = new Error("InvalidStateError");
    queue.push(bytes(4));
    queue.push(bytes(5));
    sink.break();
    expect(handlers.failed).toHaveBeenCalledExactlyOnceWith("append-refused");
    expect(sink.done).toEqual([]);
  });

  it("fails on a decoding error of the buffer", () => {
    queue.attach(sink);
    queue.push(bytes(1));
    sink.break();
    expect(handlers.failed).toHaveBeenCalledExactlyOnceWith("append-error");
  });

  it("is bounded: a browser that does not keep up begins anew", () => {
    queue.push(bytes(MAX_WAITING_BYTES));
    expect(handlers.failed).not.toHaveBeenCalled();
    queue.push(bytes(1));
    expect(handlers.failed).toHaveBeenCalledExactlyOnceWith("too-slow");
    expect(queue.waiting).toEqual({ operations: 0, bytes: 0 });
  });

  it("says nothing after it is closed", () => {
    queue.attach(sink);
    queue.push(bytes(1));
    queue.close();
    sink.finish();
    expect(handlers.settled).not.toHaveBeenCalled();
  });
});
