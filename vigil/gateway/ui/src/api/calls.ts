/** Every endpoint the screen uses, one function each. */

import { address, request } from "./client";
import type {
  AlertKind,
  AlertState,
  AlertStep,
  AlertView,
  ClipView,
  Colleague,
  EntryKind,
  EntryState,
  LedgerEntry,
  LedgerStep,
  Me,
  Mute,
  NodeClock,
  Page,
  RegisterEntry,
  RelatedAlert,
  SiteView,
  Status,
  Suspension,
  SuspensionKind,
  Timeline,
  TracePoint,
} from "./types";

export interface AlertFilter {
  hall?: string | null;
  kind?: AlertKind | null;
  state?: AlertState | null;
  active?: boolean | null;
}

const id = encodeURIComponent;

export const login = (username: string, password: string) =>
  request<Me>("/session", { method: "POST", body: { username, password }, expectsRefusal: true });
export const me = () => request<Me>("/session", { expectsRefusal: true });
export const logout = () => request<void>("/session", { method: "DELETE", expectsRefusal: true });

export const site = () => request<SiteView>("/site");
export const status = () => request<Status>("/status");

export const alerts = (filter: AlertFilter, cursor: string | null = null, limit = 50, signal?: AbortSignal) =>
  request<Page<AlertView>>("/alerts", { query: { ...filter, cursor, limit }, ...(signal ? { signal } : {}) });
export const alert = (alertId: string) => request<AlertView>(`/alerts/${id(alertId)}`);
/** `key` names this very step: sent again, it is taken once. Refused when `alert` is no longer what is the case. */
export const takeStep = (alert: AlertView, step: AlertStep, body: object | null, key: string) =>
  request<AlertView>(`/alerts/${id(alert.id)}/${step}`, {
    method: "POST",
    headers: { "If-Match": `"${alert.version}"`, "Idempotency-Key": key },
    ...(body ? { body } : {}),
  });
export const people = () => request<{ items: Colleague[] }>("/people");
export const trace = (alertId: string) =>
  request<{ points: TracePoint[]; clock: NodeClock | null }>(`/alerts/${id(alertId)}/trace`);
export const snapshotAddress = (alertId: string) => address(`/alerts/${id(alertId)}/snapshot`);

export const related = (alertId: string) => request<{ items: RelatedAlert[] }>(`/alerts/${id(alertId)}/related`);

export const mutes = (window: string) => request<{ items: Mute[] }>("/mutes", { query: { window, active: true } });
export const mute = (window: string, kind: AlertKind, toAt: string, reason: string) =>
  request<Mute>("/mutes", { method: "POST", body: { window, kind, to_at: toAt, reason } });
export const endMute = (muteId: string) => request<Mute>(`/mutes/${id(muteId)}/end`, { method: "POST" });

export interface LedgerFilter {
  hall?: string;
  kind?: EntryKind;
  state?: EntryState;
  overdue?: boolean;
}

const chosen = ({ hall, kind, state, overdue }: LedgerFilter) => ({ hall, kind, state, overdue: overdue || null });

export const ledger = (filter: LedgerFilter, cursor: string | null, limit = 50) =>
  request<Page<LedgerEntry>>("/ledger", { query: { ...chosen(filter), cursor, limit } });
export const ledgerEntry = (entryId: string) => request<LedgerEntry>(`/ledger/${id(entryId)}`);
export const ledgerCandidates = () => request<{ items: AlertView[] }>("/ledger/candidates");
export const ledgerExport = (filter: LedgerFilter) => address("/ledger.csv", chosen(filter));
export const enterLedger = (body: object, key: string) =>
  request<LedgerEntry>("/ledger", { method: "POST", headers: { "Idempotency-Key": key }, body });
export const takeLedgerStep = (entry: LedgerEntry, step: LedgerStep, body: object, key: string) =>
  request<LedgerEntry>(`/ledger/${id(entry.id)}/${step}`, {
    method: "POST",
    headers: { "If-Match": `"${entry.version}"`, "Idempotency-Key": key },
    body,
  });
export const attachFile = (entry: LedgerEntry, file: File, key: string) =>
  request<LedgerEntry>(`/ledger/${id(entry.id)}/files`, {
    method: "POST",
    query: { name: file.name },
    headers: { "Idempotency-Key": key },
    file,
  });
export const fileAddress = (entryId: string, evidenceId: string) => address(`/ledger/${id(entryId)}/files/${id(evidenceId)}`);

/** Those in force at some time from `fromAt` on. */
export const suspensions = (fromAt: string, cursor: string | null = null, limit = 200) =>
  request<Page<Suspension>>("/suspensions", { query: { from_at: fromAt, cursor, limit } });
/** Without `fromAt` it begins at once. */
export const suspend = (window: string, kind: SuspensionKind, fromAt: string | null, toAt: string, note: string) =>
  request<Suspension>("/suspensions", {
    method: "POST",
    body: { window, kind, ...(fromAt ? { from_at: fromAt } : {}), to_at: toAt, note },
  });
export const endSuspension = (suspensionId: string) =>
  request<Suspension>(`/suspensions/${id(suspensionId)}/end`, { method: "POST" });

export const clips = (camera: string | null, limit = 100) =>
  request<{ items: ClipView[] }>("/clips", { query: { camera, limit } });
export const clip = (clipId: string) => request<ClipView>(`/clips/${id(clipId)}`);
export const pull = (camera: string, fromAt: string, toAt: string, reason: string) =>
  request<ClipView>("/clips", { method: "POST", body: { camera, from_at: fromAt, to_at: toAt, reason } });
export const videoAddress = (clipId: string) => address(`/clips/${id(clipId)}/video`);
export const downloadAddress = (clipId: string) => address(`/clips/${id(clipId)}/video`, { download: 1 });

export const timeline = (camera: string, fromAt: string, toAt: string, signal?: AbortSignal) =>
  request<Timeline>(`/cameras/${id(camera)}/timeline`, {
    query: { from_at: fromAt, to_at: toAt },
    ...(signal ? { signal } : {}),
  });

export interface RegisterFilter {
  hall: string | null;
  action: RegisterEntry["action"] | null;
  username: string | null;
  text: string | null;
  from_at: string | null;
  to_at: string | null;
}

export const register = (filter: RegisterFilter, cursor: string | null, limit = 100) =>
  request<Page<RegisterEntry>>("/register", { query: { ...filter, cursor, limit } });
export const registerExport = (filter: RegisterFilter) => address("/register/export", { ...filter });

export const eventsAddress = () => address("/events");

export function liveAddress(camera: string, stream: "main" | "sub"): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${address(`/cameras/${id(camera)}/live`, { stream })}`;
}
