/** Which language the screen speaks. Chinese first; the choice is kept in this browser. */

import { computed, ref } from "vue";

import { en } from "./en";
import { type Dictionary, zh } from "./zh";

export type Locale = "zh" | "en";

const KEY = "vigil.locale";
const DICTIONARIES: Record<Locale, Dictionary> = { zh, en };
const HTML_LANG: Record<Locale, string> = { zh: "zh-CN", en: "en" };

export const locale = ref<Locale>(localStorage.getItem(KEY) === "en" ? "en" : "zh");

/** The dictionary of the chosen language. */
export const t = computed<Dictionary>(() => DICTIONARIES[locale.value]);

export function speak(next: Locale): void {
  locale.value = next;
  localStorage.setItem(KEY, next);
  announce();
}

/** Tells assistive technology the language of the page. */
export function announce(): void {
  document.documentElement.lang = HTML_LANG[locale.value];
}
