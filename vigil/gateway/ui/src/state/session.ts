/** Who is logged in and what they may do. */

import { computed, shallowRef } from "vue";

import * as api from "@/api/calls";
import { ApiError } from "@/api/client";
import type { Me, Permission } from "@/api/types";

export const me = shallowRef<Me | null>(null);

/** True once the centre has said whether this browser has a session. */
let asked = false;

const permissions = computed(() => new Set<Permission>(me.value?.permissions ?? []));

export const can = (permission: Permission): boolean => permissions.value.has(permission);

/** Of a hall; null: of what belongs to none. */
const inspects = (hall: string | null): boolean => {
  const halls = me.value?.inspects;
  return halls === null || (hall !== null && halls !== undefined && halls.includes(hall));
};

export const inspector = computed(() => me.value !== null && (me.value.inspects === null || me.value.inspects.length > 0));

/** The centre shows this person nothing of that hall before a purpose is said. */
export const lacksPurpose = (hall: string | null): boolean => inspects(hall) && !me.value?.purpose;

export async function sayPurpose(text: string, number: string): Promise<void> {
  me.value = await api.sayPurpose(text, number);
}

export async function layDownPurpose(): Promise<void> {
  me.value = await api.layDownPurpose();
}

/** Asks the centre once. Throws when the centre cannot be reached: then nothing is known. */
export async function restore(): Promise<Me | null> {
  if (me.value || asked) return me.value;
  try {
    me.value = await api.me();
  } catch (error) {
    if (!(error instanceof ApiError && error.status === 401)) throw error;
  }
  asked = true;
  return me.value;
}

export async function login(username: string, password: string, code: string | null = null): Promise<void> {
  me.value = await api.login(username, password, code);
  asked = true;
}

/** Asks again: what was to be done first is done. */
export async function renew(): Promise<void> {
  me.value = await api.me();
}

export async function logout(): Promise<void> {
  try {
    await api.logout();
  } finally {
    forget();
  }
}

export function forget(): void {
  me.value = null;
  asked = true;
}

/** The first page a person has use of; null when there is none. */
export function landing(): string | null {
  if (me.value?.duties.length) return "/security";
  const pages: [Permission, string][] = [
    ["watch-live", "/wall"],
    ["read-alerts", "/alerts"],
    ["pull-archive", "/archive"],
    ["read-register", "/register"],
    ["read-reports", "/reports"],
    ["keep-channels", "/notifications"],
    ["keep-site", "/site"],
    ["read-accounts", "/accounts"],
  ];
  return pages.find(([permission]) => can(permission))?.[1] ?? null;
}
