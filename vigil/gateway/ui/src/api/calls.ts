/** Every endpoint the screen uses, one function each. */

import { address, picture, request, tagged } from "./client";
import type {
  Account,
  AlertKind,
  AlertState,
  AlertStep,
  AlertView,
  Attempt,
  Channel,
  ChannelAnswer,
  ClipView,
  Completeness,
  FiguresReport,
  Hold,
  ApiToken,
  LoginSession,
  NewAccount,
  Colleague,
  EntryKind,
  EntryState,
  LedgerEntry,
  LedgerStep,
  Me,
  Mute,
  NodeClock,
  Page,
  Permission,
  RegisterEntry,
  ReportPack,
  Retention,
  Roster,
  SecondFactor,
  RelatedAlert,
  SiteChange,
  SiteDraft,
  SiteProposal,
  SiteVersion,
  SiteVersions,
  SiteView,
  Status,
  Suspension,
  SuspensionKind,
  Timeline,
  TracePoint,
  WantedPeriod,
  WindowHour,
  WindowMinute,
} from "./types";

export interface AlertFilter {
  hall?: string | null;
  kind?: AlertKind | null;
  state?: AlertState | null;
  active?: boolean | null;
}

const id = encodeURIComponent;

export const login = (username: string, password: string, code: string | null = null) =>
  request<Me>("/session", {
    method: "POST",
    body: { username, password, ...(code ? { code } : {}) },
    expectsRefusal: true,
  });
export const ways = () => request<{ oidc: string | null }>("/session/ways");
export const oidcAddress = () => address("/session/oidc");
export const me = () => request<Me>("/session", { expectsRefusal: true });
export const logout = () => request<void>("/session", { method: "DELETE", expectsRefusal: true });

export const sayPurpose = (text: string, number: string) =>
  request<Me>("/session/purpose", { method: "POST", body: { text, number } });
export const layDownPurpose = () => request<Me>("/session/purpose", { method: "DELETE" });

export const changePassword = (present: string, password: string) =>
  request<Me>("/session/password", { method: "POST", body: { present, password } });
export const secondFactor = () => request<SecondFactor>("/session/second-factor");
export const enrolSecondFactor = (password: string) =>
  request<{ secret: string; link: string; qr: string }>("/session/second-factor", { method: "POST", body: { password } });
export const confirmSecondFactor = (code: string) =>
  request<{ recovery_codes: string[] }>("/session/second-factor/confirmation", { method: "POST", body: { code } });
export const removeSecondFactor = (code: string) =>
  request<void>("/session/second-factor/removal", { method: "POST", body: { code } });
export const ownSessions = () => request<{ items: LoginSession[] }>("/session/sessions");
export const endOwnSession = (sessionId: string) =>
  request<void>(`/session/sessions/${id(sessionId)}`, { method: "DELETE" });
export const tokens = () => request<{ items: ApiToken[] }>("/session/tokens");
export const makeToken = (name: string, permissions: Permission[], days: number) =>
  request<{ about: ApiToken; token: string }>("/session/tokens", { method: "POST", body: { name, permissions, days } });
export const revokeToken = (tokenId: string) => request<void>(`/session/tokens/${id(tokenId)}`, { method: "DELETE" });

export const accounts = () => request<{ items: Account[] }>("/accounts");
export const addAccount = (username: string, name: string, unit: string, roles: string[]) =>
  request<NewAccount>("/accounts", { method: "POST", body: { username, name, unit, roles } });
export const changeAccount = (username: string, change: { roles?: string[]; disabled?: boolean }) =>
  request<Account>(`/accounts/${id(username)}`, { method: "PATCH", body: change });
export const resetPassword = (username: string) =>
  request<NewAccount>(`/accounts/${id(username)}/password`, { method: "POST" });
export const resetSecondFactor = (username: string) =>
  request<void>(`/accounts/${id(username)}/second-factor`, { method: "DELETE" });

export const site = () => request<SiteView>("/site");
/** What is served, or an older version. */
export const siteDocument = (version: number | null = null) => tagged<{ number: number | null; document: string }>("/site/document", { query: { version } });
export const siteVersions = () => request<SiteVersions>("/site/versions");
export const siteDiff = (before: number | null, after: number) => request<{ changes: SiteChange[] }>("/site/diff", { query: { before, after } });
/** A text, or JSON, both ways. */
export const draftSite = (document: string) => request<SiteDraft>("/site/drafts", { method: "POST", body: { document } });
export const proposeSite = (document: string, effective_from: string | null) =>
  request<SiteProposal>("/site/proposals", { method: "POST", body: { document, effective_from } });
export const applySite = (document: string, effective_from: string | null, why: string, remove: boolean, tag: string) =>
  request<SiteVersion>("/site/versions", { method: "POST", body: { document, effective_from, why, remove }, headers: { "If-Match": tag } });
/** A look, which is entered in the register. */
export const still = (camera: string) => picture(`/cameras/${id(camera)}/still`);
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
export const ledgerExport = (filter: LedgerFilter, ending: "csv" | "xlsx") => address(`/ledger.${ending}`, chosen(filter));
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
export const attachSubject = (entry: LedgerEntry, subject: { alert: string } | { clip: string }, key: string) =>
  request<LedgerEntry>(`/ledger/${id(entry.id)}/attach`, {
    method: "POST",
    headers: { "If-Match": `"${entry.version}"`, "Idempotency-Key": key },
    body: subject,
  });
export const fileAddress = (entryId: string, evidenceId: string) => address(`/ledger/${id(entryId)}/files/${id(evidenceId)}`);

/** Those in force at some time from `fromAt` on. */
export const suspensions = (fromAt: string, cursor: string | null = null, limit = 200) =>
  request<Page<Suspension>>("/suspensions", { query: { from_at: fromAt, cursor, limit } });
export interface SuspensionFilter {
  window: string | null;
  from_at: string | null;
  to_at: string | null;
}

/** The latest beginning first, those that are over included. */
export const allSuspensions = (filter: SuspensionFilter, cursor: string | null, limit = 50) =>
  request<Page<Suspension>>("/suspensions", { query: { ...filter, cursor, limit } });
/** With `dryRun` nothing is entered, and the answer says what would be. */
export const enterRoster = (file: File, dryRun: boolean) =>
  request<Roster>("/rosters", { method: "POST", query: { dry_run: dryRun }, file });
export const rosterTemplate = (ending: "csv" | "xlsx") => address(`/rosters/template.${ending}`);
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

export const completeness = (day: string, signal?: AbortSignal) =>
  request<{ items: Completeness[] }>("/completeness", { query: { day }, ...(signal ? { signal } : {}) });
export const windowHours = (window: string, day: string) => request<{ items: WindowHour[] }>(`/windows/${id(window)}/hours`, { query: { day } });
export const windowMinutes = (window: string, fromAt: string, toAt: string) =>
  request<{ items: WindowMinute[] }>(`/windows/${id(window)}/minutes`, { query: { from_at: fromAt, to_at: toAt } });
export const retention = () => request<Retention>("/retention");
export const holds = (active: boolean) => request<{ items: Hold[] }>("/holds", { query: { active: active || null } });
export const hold = (camera: string, fromAt: string, toAt: string, why: string, untilAt: string | null) =>
  request<Hold>("/holds", {
    method: "POST",
    body: { camera, from_at: fromAt, to_at: toAt, case: why, ...(untilAt ? { until_at: untilAt } : {}) },
  });
export const releaseHold = (holdId: string, reason: string) =>
  request<Hold>(`/holds/${id(holdId)}/release`, { method: "POST", body: { reason } });

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

export const figures = (wanted: WantedPeriod, signal?: AbortSignal) =>
  request<FiguresReport>("/reports/figures", { query: { ...wanted, before: "true" }, ...(signal ? { signal } : {}) });
export const reports = (cursor: string | null = null, limit = 20) =>
  request<Page<ReportPack>>("/reports", { query: { cursor, limit } });
export const askReport = (wanted: WantedPeriod) => request<ReportPack>("/reports", { method: "POST", body: wanted });
export const reportAddress = (reportId: string, format: string) => address(`/reports/${id(reportId)}/${id(format)}`);
export const filingAddress = () => address("/reports/filing");
export const channels = () => request<{ items: Channel[] }>("/notifications/channels");
export const attempts = (channel: string | null, cursor: string | null, limit = 50) =>
  request<Page<Attempt>>("/notifications/log", { query: { channel, cursor, limit } });
export const testChannel = (name: string) =>
  request<ChannelAnswer>(`/notifications/channels/${id(name)}/test`, { method: "POST" });
export const sendAgain = (name: string) =>
  request<{ notices: number }>(`/notifications/channels/${id(name)}/send-again`, { method: "POST" });

export const eventsAddress = () => address("/events");

export function liveAddress(camera: string, stream: "main" | "sub"): string {
  const scheme = location.protocol === "https:" ? "wss:" : "ws:";
  return `${scheme}//${location.host}${address(`/cameras/${id(camera)}/live`, { stream })}`;
}
