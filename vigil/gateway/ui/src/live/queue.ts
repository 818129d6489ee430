/** Appends to a SourceBuffer strictly in order, one operation at a time, and removes what is old. */

import type { Span } from "./buffering";

/** The part of a SourceBuffer that is used. */
export interface Sink {
  readonly updating: boolean;
  appendBuffer(data: ArrayBuffer): void;
  remove(start: number, end: number): void;
  addEventListener(type: "updateend" | "error", listener: () => void): void;
}

export interface QueueHandlers {
  /** After each append or removal. */
  settled: () => void;
  /** Nothing can be appended any more: begin anew. */
  failed: (why: string) => void;
  /** The browser's memory for this buffer is full: what may go. null: nothing. */
  spare: () => Span | null;
}

/** Bytes that may wait for a buffer. More means that the browser does not keep up: then beginning anew is the faster way. */
export const MAX_WAITING_BYTES = 16 * 1024 * 1024;

type Operation = { kind: "append"; data: ArrayBuffer } | { kind: "remove"; span: Span };

export class AppendQueue {
  private readonly operations: Operation[] = [];
  private waitingBytes = 0;
  private sink: Sink | null = null;
  private dead = false;

  constructor(private readonly handlers: QueueHandlers) {}

  /** Number of operations that wait, and their bytes. */
  get waiting(): { operations: number; bytes: number } {
    return { operations: this.operations.length, bytes: this.waitingBytes };
  }

  /** The media source has opened: what has been pushed so far goes there. */
  attach(sink: Sink): void {
    this.sink = sink;
    sink.addEventListener("updateend", () => {
      if (this.dead) return;
      this.handlers.settled();
      this.pump();
    });
    sink.addEventListener("error", () => this.fail("append-error"));
    this.pump();
  }

  push(data: ArrayBuffer): void {
    if (this.dead) return;
    this.operations.push({ kind: "append", data });
    this.waitingBytes += data.byteLength;
    if (this.waitingBytes > MAX_WAITING_BYTES) this.fail("too-slow");
    else this.pump();
  }

  remove(span: Span): void {
    if (this.dead || this.operations.some((operation) => operation.kind === "remove")) return;
    this.operations.unshift({ kind: "remove", span });
    this.pump();
  }

  close(): void {
    this.dead = true;
    this.operations.length = 0;
    this.waitingBytes = 0;
  }

  private pump(): void {
    if (this.dead || !this.sink || this.sink.updating) return;
    const operation = this.operations[0];
    if (!operation) return;
    try {
      if (operation.kind === "append") this.sink.appendBuffer(operation.data);
      else this.sink.remove(operation.span.start, operation.span.end);
    } catch (error) {
      this.refused(error);
      return;
    }
    this.operations.shift();
    if (operation.kind === "append") this.waitingBytes -= operation.data.byteLength;
  }

  private refused(error: unknown): void {
    const full = error instanceof Error && error.name === "QuotaExceededError";
    const span = full && this.operations[0]?.kind === "append" ? this.handlers.spare() : null;
    if (span) this.remove(span);
    else this.fail(full ? "buffer-full" : "append-refused");
  }

  private fail(why: string): void {
    if (this.dead) return;
    this.close();
    this.handlers.failed(why);
  }
}
