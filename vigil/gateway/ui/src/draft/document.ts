/** The site's document as the centre keeps it: the keys of the configuration, those left out that have their default. */

import type { ZonePoint } from "./polygon";

export type Numbers = Record<string, number>;

export interface SiteDoc {
  name: string;
  time_zone?: string;
  notice?: string;
  calendars?: Record<string, CalendarDoc>;
  thresholds?: Numbers;
  clips?: Numbers;
  retention?: Numbers;
  halls?: HallDoc[];
}

export interface CalendarDoc {
  workdays?: string;
  hours?: string[];
  closed?: string[];
  open?: string[];
}

export interface HallDoc {
  id: string;
  name: string;
  department: string;
  calendar: string;
  groups?: GroupDoc[];
  cameras?: CameraDoc[];
  /** What differs from the site's. */
  thresholds?: Numbers;
}

export interface GroupDoc {
  id: string;
  name: string;
  windows: WindowDoc[];
  tickets?: object;
}

export interface WindowDoc {
  id: string;
  name: string;
  kind?: string;
  calendar?: string;
  staff?: number;
}

/** Where a secret is kept, never the secret. */
export interface SecretDoc {
  env?: string;
  file?: string;
}

export interface CameraDoc {
  id: string;
  name: string;
  url: string;
  username?: string;
  password?: SecretDoc;
  recording?: { calendar?: string };
  retention?: Numbers;
  zones?: ZoneDoc[];
}

export type ZoneKind = "staff-area" | "visitor-spot" | "queue";

export interface ZoneDoc {
  kind: ZoneKind;
  polygon: ZonePoint[];
  window?: string;
  group?: string;
  /** As a calibration found them for this very polygon. */
  rates?: object;
}

/** The defaults, by what has them: thresholds, calendar, clips, retention, recording. */
export type Usual = Record<string, Record<string, unknown>>;
