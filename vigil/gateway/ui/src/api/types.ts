/** The centre's API, version 1, as docs/reference/api.md states it. Times are RFC 3339 in UTC. */

import type { SiteDoc, Usual } from "@/draft/document";

export type Role = "operator" | "supervisor" | "investigator" | "admin" | "auditor" | "hall";

export type Permission =
  | "watch-live"
  | "read-alerts"
  | "acknowledge"
  | "decide"
  | "reopen"
  | "play-clips"
  | "export-clips"
  | "pull-archive"
  | "read-register"
  | "read-metrics"
  | "hold-footage"
  | "read-minutes"
  | "pause-windows"
  | "keep-roster"
  | "read-reports"
  | "make-reports"
  | "keep-channels"
  | "read-accounts"
  | "manage-accounts"
  | "keep-site"
  | "mute-alerts"
  | "read-ledger"
  | "keep-ledger"
  | "enter-findings";

export type Duty = "change-password" | "enrol-second-factor";

/** What somebody looks at footage for; `number` is that of the case or task, "" where it has none. */
export interface Purpose {
  text: string;
  number: string;
}

export interface Me {
  username: string;
  name: string;
  unit: string;
  roles: Role[];
  /** Ids of those in which the person may do anything; null: all. */
  halls: string[] | null;
  permissions: Permission[];
  /** What must be done before anything else. */
  duties: Duty[];
  /** Halls in which nothing is seen without a purpose; null: all. */
  inspects: string[] | null;
  purpose: Purpose | null;
  site: string;
  notice: string | null;
}

export type WindowKind = "general" | "sector" | "issuing" | "other";
export type ZoneKind = "staff-area" | "visitor-spot" | "queue";

export interface WindowView {
  id: string;
  name: string;
  kind: WindowKind;
  /** How many clerks it needs while in service. */
  staff: number;
}

export interface GroupView {
  id: string;
  name: string;
  windows: WindowView[];
}

export interface ZoneView {
  kind: ZoneKind;
  window: string | null;
  group: string | null;
  /** Corners as shares of the picture's width and height, origin at the top left. */
  polygon: [number, number][];
}

export interface CameraView {
  id: string;
  name: string;
  has_substream: boolean;
  zones: ZoneView[];
}

export interface HallView {
  id: string;
  name: string;
  department: string;
  groups: GroupView[];
  cameras: CameraView[];
}

export interface SiteView {
  name: string;
  time_zone: string;
  notice: string | null;
  thresholds: Record<string, number>;
  halls: HallView[];
}

export type Staffing = "staffed" | "unstaffed" | "unknown";
export type Presence = "seen" | "clear" | "unknown";
export type Health = "online" | "offline" | "impaired";

export interface WindowStatus {
  window: string;
  in_service: boolean;
  staffing: Staffing;
  since_at: string;
  /** Set exactly when staffing is unknown. */
  why: string | null;
  visitor: Presence;
  /** Why it is not in service within its hours. */
  suspended: SuspensionKind | null;
  /** The probability of `staffing`, as it was when that was told last; null when it is unknown. */
  confidence: number | null;
}

export type SuspensionKind = "paused" | "leave" | "substitute";

/** A time at which nobody need be at a window. */
export interface Suspension {
  id: string;
  hall: string;
  window: string;
  kind: SuspensionKind;
  from_at: string;
  /** As it was entered; it counts until `ended_at` where somebody ended it before. */
  to_at: string;
  note: string;
  by: string;
  entered_at: string;
  ended_at: string | null;
  ended_by: string | null;
}

export type RosterOutcome = "enter" | "there" | "conflict" | "faulty";
export type RosterCounts = Record<RosterOutcome, number>;
export type RosterColumn = "hall" | "window" | "from" | "to" | "kind" | "note";

export interface RosterFault {
  what: string;
  column: RosterColumn | null;
  value: string;
  right: string[];
}

/** `row` is its number in the file; what cannot be understood has no window and no times. */
export interface RosterRow {
  row: number;
  outcome: RosterOutcome;
  hall: string | null;
  window: string | null;
  kind: SuspensionKind | null;
  from_at: string | null;
  to_at: string | null;
  note: string | null;
  fault: RosterFault | null;
}

export interface Roster {
  entered: boolean;
  counts: RosterCounts;
  rows: RosterRow[];
}

/** Seconds of an hour; `unknown_s` by cause, of which `untold` is what nobody told. */
export interface WindowHour {
  at: string;
  service_s: number;
  staffed_s: number;
  unstaffed_s: number;
  unknown_s: Record<string, number>;
  visitor_s: number;
}

/** What a node said of a minute, or of a part of it. */
export interface WindowMinute {
  at: string;
  seconds: number;
  node: string;
  in_service_s: number;
  staffed_s: number;
  unstaffed_s: number;
  unknown_s: Record<string, number>;
  visitor_s: number;
  looks: number;
}

/** How long somebody would wait who joined now, in seconds; nine in ten wait from `low_s` to `high_s`. */
export interface Wait {
  median_s: number;
  low_s: number;
  high_s: number;
}

export interface QueueStatus {
  group: string;
  /** null: nobody can count them. */
  waiting: number | null;
  staffed: number;
  unknown: number;
  in_service: number;
  at: string;
  /** null: nothing can be said. */
  wait: Wait | null;
  /** Who counted: cameras that look at the lane, or the ticket machine. */
  source: "lane" | "tickets";
  /** How long the first in the queue has waited, as the ticket machine says. */
  longest_wait_s: number | null;
}

export interface CameraStatus {
  camera: string;
  health: Health;
  since_at: string;
  last_frame_at: string | null;
  why: string | null;
  /** Its clock runs away from the node's; its pictures are good all the same. */
  drifting: boolean;
}

export interface NodeStatus {
  node: string;
  connected: boolean;
  since_at: string;
  /** Its clock less the centre's; null: not measured since the centre was started. */
  clock_offset_s: number | null;
}

export interface Status {
  at: string;
  windows: WindowStatus[];
  queues: QueueStatus[];
  cameras: CameraStatus[];
  nodes: NodeStatus[];
}

export type AlertKind = "unserved-visitor" | "window-unstaffed" | "queue-buildup" | "camera-fault";
export type AlertState = "open" | "acknowledged" | "confirmed" | "dismissed" | "rectified";
export type AlertStep = "acknowledge" | "confirm" | "dismiss" | "rectify" | "reopen" | "assign" | "comment" | "escalate";
export type DismissReason = "false-detection" | "approved-leave" | "official-errand" | "equipment-fault" | "other";
export type ClipState = "waiting" | "ready" | "partial" | "failed" | "expired";

export interface Gap {
  start_at: string;
  end_at: string;
  cause: string;
}

export interface ClipView {
  id: string;
  camera: string;
  alert: string | null;
  from_at: string;
  to_at: string;
  state: ClipState;
  size: number | null;
  sha256: string | null;
  gaps: Gap[];
  reason: string | null;
  by: string | null;
  created_at: string;
}

/** One person, or whoever of a role comes first. */
export interface Assignee {
  user: string | null;
  role: Role | null;
}

/** Somebody to whom an alert can be given. */
export interface Colleague {
  username: string;
  name: string;
  unit: string;
  roles: Role[];
}

export interface AlertEntry {
  at: string;
  by: string;
  step: AlertStep;
  note: string | null;
  reason: DismissReason | null;
  to: Assignee | null;
}

/** The figures behind an alert; which of them are there depends on its kind. */
export interface Facts {
  absent_s?: number | null;
  present?: number | null;
  required?: number | null;
  source?: string | null;
  longest_wait_s?: number | null;
  waited_s?: number | null;
  waiting?: number | null;
  staffed?: number | null;
  unknown?: number | null;
  in_service?: number | null;
  empty_windows?: string[] | null;
  wait_s?: number | null;
  wait_low_s?: number | null;
  wait_high_s?: number | null;
  why?: string | null;
  detector?: string | null;
  confidence?: number | null;
  doubt?: number | null;
}

export interface AlertView {
  id: string;
  kind: AlertKind;
  state: AlertState;
  hall: string;
  group: string | null;
  window: string | null;
  camera: string | null;
  began_at: string;
  raised_at: string;
  escalated_at: string | null;
  ended_at: string | null;
  end_reason: string | null;
  facts: Facts;
  has_snapshot: boolean;
  clip: ClipView | null;
  backfilled: boolean;
  /** Rises with every step. */
  version: number;
  assigned: Assignee | null;
  /** How often nobody took it in time since it was last taken further. */
  level: number;
  received_at: string | null;
  /** It calls nobody until then. */
  muted_until: string | null;
  history: AlertEntry[];
}

/** What the looks said at one moment of the place that an alert is about. */
/** The clock that dated the pictures of an alert, less the centre's: true within `error_s`, measured at `at`. */
export interface NodeClock {
  at: string;
  offset_s: number;
  error_s: number;
}

export interface TracePoint {
  at: string;
  presence: Presence;
  /** The best detection in the staff area, 0..1; null where nobody could look, and of a queue. */
  score: number | null;
  /** Set exactly when presence is unknown. */
  why: string | null;
  visitor: Presence;
  /** Of a queue: the people counted, and from how many on it counted as built up then. */
  waiting: number | null;
  mark: number | null;
}

export type Relation = "window" | "camera" | "group" | "hall";

export interface RelatedAlert {
  relation: Relation;
  alert: AlertView;
}

/** A window's alerts of one kind call nobody for a while. */
export interface Mute {
  id: string;
  hall: string;
  window: string;
  kind: AlertKind;
  from_at: string;
  to_at: string;
  reason: string;
  by: string;
  ended_at: string | null;
  ended_by: string | null;
}

export type EntryKind = "alert" | "complaint" | "finding";
export type EntryState = "due" | "fixed" | "accepted" | "closed" | "withdrawn";
export type LedgerStep =
  | "enter"
  | "release"
  | "change"
  | "attach"
  | "remark"
  | "report-fixed"
  | "send-back"
  | "accept"
  | "close"
  | "withdraw"
  | "due-soon"
  | "overdue";

export interface LedgerStepTaken {
  at: string;
  by: string;
  step: LedgerStep;
  note: string | null;
  unit: string | null;
  person: string | null;
  deadline: string | null;
  evidence: string | null;
}

export interface LedgerEvidence {
  id: string;
  kind: "file" | "alert" | "clip";
  at: string;
  by: string;
  subject: string | null;
  name: string | null;
  size: number | null;
  sha256: string | null;
  content_type: string | null;
}

export interface LedgerEntry {
  id: string;
  /** null: a finding that was not released. */
  number: string | null;
  kind: EntryKind;
  state: EntryState;
  hall: string;
  window: string | null;
  title: string;
  details: string;
  unit: string;
  person: string | null;
  deadline: string;
  overdue: boolean;
  alert: string | null;
  entered_at: string;
  entered_by: string;
  version: number;
  history: LedgerStepTaken[];
  evidence: LedgerEvidence[];
}

export interface Page<Item> {
  items: Item[];
  next: string | null;
}

export interface Segment {
  start_at: string;
  end_at: string;
}

export interface Timeline {
  segments: Segment[];
  gaps: Gap[];
}

/** How much of a camera's footage of a span is stored, in seconds; `share` is null where nothing was expected. */
export interface Completeness {
  camera: string;
  hall: string;
  expected_s: number;
  stored_s: number;
  share: number | null;
  gaps_s: Partial<Record<string, number>>;
  unexplained_s: number;
}

export interface CameraRetention {
  camera: string;
  at_least_days: number;
  at_most_days: number;
  bytes: number;
  day_bytes: number;
  first_at: string | null;
}

/** `room_bytes` is null where nobody knows, `full_at` also where there is always room. */
export interface Retention {
  made_at: string;
  bytes: number;
  room_bytes: number | null;
  least_bytes: number;
  most_bytes: number;
  full_at: string | null;
  cameras: CameraRetention[];
}

/** Footage that stays beyond its time, for a case. */
export interface Hold {
  id: string;
  camera: string;
  from_at: string;
  to_at: string;
  case: string;
  by: string;
  entered_at: string;
  until_at: string | null;
  released_at: string | null;
  released_by: string | null;
  released_why: string | null;
}

/** One entry of the register of viewing and retrieval. */
export interface RegisterEntry {
  /** Rises with every entry. */
  number: number;
  at: string;
  username: string;
  name: string;
  unit: string;
  action: "watch" | "play" | "export" | "pull" | "hold" | "release" | "delete" | "account" | "site" | "end";
  /** "camera ID, STREAM" or "clip ID: camera ID, FROM/TO", or what another platform read (words/register.ts). */
  subject: string;
  reason: string | null;
  camera: string | null;
  sha256: string;
}

export type Verdict = "delivered" | "throttled" | "failed" | "uncertain" | "refused" | "rejected";

/** What came of one attempt; `text` is what the other side said. */
export interface ChannelAnswer {
  verdict: Verdict;
  text: string;
}

export interface Channel {
  name: string;
  kind: "wecom" | "dingtalk" | "feishu" | "email" | "webhook";
  /** The host. */
  where: string;
  answer: ChannelAnswer | null;
  failures: number;
  /** Nothing but a test is sent till then. */
  rest_until: string | null;
  delivered_at: string | null;
  waiting: number;
  oldest_at: string | null;
  /** Refused or given up; a person may send them again. */
  unsent: number;
}

export type NoticeStage = "raised" | "escalated" | "ended" | "overdue";

export interface Attempt {
  number: number;
  at: string;
  until_at: string;
  channel: string;
  message: string;
  title: string;
  test: boolean;
  notices: number;
  /** Alerts that it tells of, by how it tells of them. */
  stages: Partial<Record<NoticeStage, number>>;
  /** Null while it is under way. */
  answer: ChannelAnswer | null;
}

export interface Problem {
  type: string;
  title: string;
  status: number;
  detail?: string;
  needs?: string;
  errors?: Partial<DocumentFault>[];
  alert?: AlertView;
  entry?: LedgerEntry;
  /** What is wrong with a roster's file; `right` is what is missing, or the bound. */
  fault?: string;
  right?: string[];
  roster?: Roster;
}

export interface Account {
  username: string;
  name: string;
  unit: string;
  /** `operator`, for all halls, or `hall@ga`. */
  roles: string[];
  disabled: boolean;
  initial_password: boolean;
  second_factor: boolean;
  external: boolean;
}

export interface NewAccount {
  account: Account;
  password: string;
}

export interface LoginSession {
  id: string;
  client: string;
  created_at: string;
  seen_at: string;
  expires_at: string;
  current: boolean;
}

export interface ApiToken {
  id: string;
  name: string;
  permissions: Permission[];
  halls: string[] | null;
  created_at: string;
  expires_at: string;
  used_at: string | null;
}

export interface SecondFactor {
  possible: boolean;
  enrolled: boolean;
  required: boolean;
  recovery_left: number;
}

export type PeriodKind = "month" | "two-months" | "quarter" | "span";

/** Days "2026-10-01". `last_day` is asked for with a span alone. */
export interface WantedPeriod {
  kind: PeriodKind;
  first_day: string;
  last_day?: string;
}

/** The middle, and what nine in ten do not exceed; null where nothing is known. */
export interface Spread {
  median: number | null;
  p90: number | null;
}

export interface Figures {
  staffing: {
    service_s: number;
    staffed_s: number;
    unstaffed_s: number;
    unknown_s: number;
    unknown_by_s: Record<string, number>;
    rate: number | null;
    unknown_share: number | null;
  };
  queueing: { service_s: number; known_s: number; most_waiting: number | null; waiting: Spread; wait_s: Spread };
  alerts: Partial<Record<AlertKind, { confirmed: number; undecided: number; dismissed: number; absent_s: number }>>;
  handling: { answered_s: Spread; decided_s: Spread; unanswered: number; late: number };
  footage: { wanted_s: number; stored_s: number; share: number | null; gaps_s: Record<string, number>; faults: number; fault_s: number };
}

/** What is compared with the period before: shares 0..1, seconds, or how many. */
export type Measure =
  | "service_s"
  | "unknown_share"
  | "staffing_rate"
  | "absent_s"
  | "unserved"
  | "confirmed"
  | "wait_median_s"
  | "wait_p90_s"
  | "completeness";

/** Null is nothing known: then, or of either. */
export type Changes = Record<Measure, { before: number | null; difference: number | null }>;

export interface Before {
  first_day: string;
  last_day: string;
  total: Changes;
  departments: { department: string; changes: Changes }[];
  halls: { hall: string; changes: Changes }[];
}

export interface FiguresReport {
  first_day: string;
  last_day: string;
  made_at: string;
  version: string;
  finished: boolean;
  foreign_alerts: number;
  total: Figures;
  departments: { department: string; halls: number; figures: Figures }[];
  halls: { hall: string; figures: Figures }[];
  windows: { hall: string; window: string; figures: Figures }[];
  groups: { hall: string; group: string; figures: Figures }[];
  cameras: { hall: string; camera: string; figures: Figures }[];
  days: { day: string; figures: Figures }[];
  /** Where it was asked for, and the period is over. */
  before: Before | null;
}

export interface ReportPack {
  id: string;
  kind: PeriodKind;
  first_day: string;
  last_day: string;
  state: "waiting" | "ready" | "failed";
  asked_at: string;
  asked_by: string | null;
  made_at: string | null;
  files: { format: "xlsx" | "pdf"; size: number; sha256: string }[];
  fault: string | null;
}

/** One thing wrong in a document. `line` counts from 1; null: it stands in the centre's own file. */
export interface DocumentFault {
  where: string;
  line: number | null;
  what: string;
  remedy: string;
}

export interface SiteVersion {
  number: number;
  origin: "file" | "applied";
  by: string;
  by_name: string | null;
  why: string;
  at: string;
  effective_from: string;
  sha256: string;
}

/** The newest first. */
export interface SiteVersions {
  items: SiteVersion[];
  in_force: number | null;
  running: number | null;
}

export type SiteNoun = "site" | "calendar" | "hall" | "group" | "window" | "camera";

export interface SiteChange {
  kind: "added" | "changed" | "removed";
  noun: SiteNoun;
  id: string;
  name: string;
  hall: string | null;
  /** Values are JSON; null: the default. */
  keys: { key: string; before: string | null; after: string | null }[];
}

export interface SiteProposal {
  changes: SiteChange[];
  losses: { noun: SiteNoun; id: string; name: string; alerts: number; footage_bytes: number }[];
  removes: boolean;
  replaced_by: number[];
  takes_over: boolean;
}

/** A site as text, and as keys and values. `usual` are the defaults that neither has. */
export interface SiteDraft {
  document: string;
  site: SiteDoc;
  usual: Usual;
  /** Those that cameras may name. */
  nodes: string[];
}
