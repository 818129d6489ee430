/** The centre's event stream: reconnects for ever, and tells when everything must be fetched anew. */

import { me, eventsAddress } from "./calls";
import { ApiError, sessionEnded } from "./client";
import type { AlertView, ClipView, LedgerEntry, Status, Suspension } from "./types";

export interface EventHandlers {
  alert: (alert: AlertView) => void;
  status: (status: Status) => void;
  clip: (clip: ClipView) => void;
  suspension: (suspension: Suspension) => void;
  ledger: (entry: LedgerEntry) => void;
  /** True after each (re)connection: what happened in between was missed. False when the link is lost. */
  linked: (linked: boolean) => void;
}

const RETRY_MS = 3_000;

export class EventLink {
  private source: EventSource | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private closed = false;

  constructor(private readonly handlers: EventHandlers) {}

  open(): void {
    this.closed = false;
    const source = new EventSource(eventsAddress());
    this.source = source;
    source.addEventListener("open", () => this.handlers.linked(true));
    source.addEventListener("alert", (event) => this.handlers.alert(JSON.parse(event.data) as AlertView));
    source.addEventListener("status", (event) => this.handlers.status(JSON.parse(event.data) as Status));
    source.addEventListener("clip", (event) => this.handlers.clip(JSON.parse(event.data) as ClipView));
    source.addEventListener("suspension", (event) => this.handlers.suspension(JSON.parse(event.data) as Suspension));
    source.addEventListener("ledger", (event) => this.handlers.ledger(JSON.parse(event.data) as LedgerEntry));
    source.addEventListener("error", () => {
      this.handlers.linked(false);
      // An EventSource tries again by itself after a broken link, and never after an HTTP error.
      if (source.readyState === EventSource.CLOSED) void this.reopen();
    });
  }

  close(): void {
    this.closed = true;
    clearTimeout(this.timer);
    this.source?.close();
    this.source = null;
  }

  private async reopen(): Promise<void> {
    this.source?.close();
    try {
      await me();
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) {
        if (!this.closed) sessionEnded();
        return;
      }
    }
    if (this.closed) return;
    this.timer = setTimeout(() => this.open(), RETRY_MS);
  }
}
