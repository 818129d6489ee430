/** Which icon and which place stand for an alert. */

import type { AlertKind, AlertState, AlertView, Assignee } from "@/api/types";
import type { IconName } from "@/components/StateIcon.vue";
import type { Dictionary } from "@/i18n/zh";
import { cameraName, groupName, windowName } from "@/state/site";
import { wordOf } from "@/words/facts";

const ICONS: Record<AlertKind, IconName> = {
  "unserved-visitor": "visitor",
  "window-unstaffed": "unstaffed",
  "queue-buildup": "queue",
  "camera-fault": "camera",
};

const STATE_ICONS: Record<AlertState, IconName> = {
  open: "unknown",
  acknowledged: "eye",
  confirmed: "check",
  dismissed: "dismissed",
  rectified: "online",
};

export const iconOf = (kind: AlertKind): IconName => ICONS[kind] ?? "impaired";
export const stateIconOf = (state: AlertState): IconName => STATE_ICONS[state] ?? "unknown";

/** The window, the queue's group, or the camera. */
export function placeOf(alert: AlertView): string {
  if (alert.window) return windowName(alert.window);
  if (alert.group) return groupName(alert.group);
  return alert.camera ? cameraName(alert.camera) : "";
}

/** To whom it is given: a user name or a role. */
export const assigneeInWords = (to: Assignee, t: Dictionary): string => to.user ?? wordOf(t.roles, to.role);

/** A window's alert is worded as a possibility until a person has confirmed it. Where one of several clerks is there, nobody has left. */
export function kindInWords(alert: AlertView, t: Dictionary): string {
  const confirmed = alert.state === "confirmed" || alert.state === "rectified";
  if (alert.facts.required) return confirmed ? t.alert.shortConfirmed : t.alert.short;
  return wordOf(confirmed ? t.alert.kindConfirmed : t.alert.kind, alert.kind);
}
