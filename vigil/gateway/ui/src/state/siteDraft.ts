/** The site that somebody works at until it is applied, with every step that was taken. It stays while other pages are looked at. */

import { computed, ref, shallowRef } from "vue";

import * as api from "@/api/calls";
import type { DocumentFault } from "@/api/types";
import type { SiteDoc, Usual } from "@/draft/document";
import { type History, begin, redo as redone, step, undo as undone } from "@/draft/history";
import { type Place, faultsWithin, put } from "@/draft/place";

const history = shallowRef<History<SiteDoc> | null>(null);

/** The site that is served. */
export const served = shallowRef<SiteDoc | null>(null);
export const usual = shallowRef<Usual>({});
export const nodes = shallowRef<string[]>([]);
/** What the centre found wrong when it was last asked, and nobody has changed since. */
export const faults = shallowRef<readonly DocumentFault[]>([]);
/** Of the versions that the draft was begun with. */
export const tag = ref("");

export const doc = computed(() => history.value?.now ?? null);
export const touched = computed(() => JSON.stringify(doc.value) !== JSON.stringify(served.value));
export const canUndo = computed(() => Boolean(history.value?.past.length));
export const canRedo = computed(() => Boolean(history.value?.future.length));

/** Begins anew with what is served. */
export async function fetchDraft(): Promise<void> {
  await fetchServed();
  history.value = served.value ? begin(served.value) : null;
  faults.value = [];
}

/** Somebody entered another version: the draft stays, and is of that one from now on. */
export async function fetchServed(): Promise<void> {
  const found = await api.siteDocument();
  served.value = (await read(found.answer.document)).site;
  tag.value = found.tag;
}

/** Takes a text as the next step. */
export async function readText(text: string): Promise<void> {
  replace((await read(text)).site);
}

export const asText = async (): Promise<string> => (await read(asJson())).document;

export const asJson = (): string => JSON.stringify({ site: doc.value });

async function read(text: string) {
  const draft = await api.draftSite(text);
  usual.value = draft.usual;
  nodes.value = draft.nodes;
  return draft;
}

/** `undefined` takes the key out. */
export function change(place: Place, value: unknown, mark: string | null = null): void {
  if (!doc.value) return;
  const settled = new Set(faultsWithin(faults.value, place));
  const left = faults.value.filter((fault) => !settled.has(fault));
  take(put(doc.value, place, value), mark);
  // Items that come or go give those behind them another place.
  faults.value = value === undefined && typeof place.at(-1) === "number" ? [] : left;
}

/** Of more than one place. */
export function replace(next: SiteDoc): void {
  take(next, null);
  faults.value = [];
}

function take(next: SiteDoc, mark: string | null): void {
  history.value = history.value ? step(history.value, next, mark) : begin(next);
}

export function undo(): void {
  if (history.value) history.value = undone(history.value);
  faults.value = [];
}

export function redo(): void {
  if (history.value) history.value = redone(history.value);
  faults.value = [];
}

export function forgetDraft(): void {
  history.value = served.value = null;
  faults.value = [];
  tag.value = "";
}
