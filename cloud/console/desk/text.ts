import { update } from "./store";

// One catalogue for the server's pages and for this one.

export type Lang = "zh-CN" | "en";

let texts: Record<string, string> = {};
export let lang: Lang = document.documentElement.lang === "en" ? "en" : "zh-CN";

// load fetches a language's words; those of the document's own are named by what they
// are, and kept.
export async function load(to: Lang): Promise<void> {
  const root = document.documentElement;
  const resp = await fetch(`/text/${to}${to === root.lang && root.dataset.words ? `?v=${root.dataset.words}` : ""}`);
  texts = await resp.json();
  lang = to;
  if (to !== root.lang) delete root.dataset.words;
  root.lang = to;
  document.title = t("title");
  document.cookie = `lang=${to}; path=/; max-age=31536000; SameSite=Strict`;
  update(() => {});
}

// t gives a text; a key that is missing shows itself.
export function t(key: string, values: Record<string, string | number> = {}): string {
  let s = texts[key] ?? key;
  for (const [k, v] of Object.entries(values)) s = s.replace(`{${k}}`, String(v));
  return s;
}

// named gives a text, or nothing where there is none.
export const named = (key: string) => texts[key];

// note gives the words for what a detector noted; what has none is shown as it is.
export const note = (word?: string) => (word ? (texts[`note.${word}`] ?? word) : "");

export const time = (iso: string) =>
  new Intl.DateTimeFormat(lang, { dateStyle: "short", timeStyle: "medium" }).format(new Date(iso));

export function age(iso: string, now: number): string {
  const s = Math.max(0, Math.round((now - Date.parse(iso)) / 1000));
  if (s < 60) return t("age.s", { n: s });
  if (s < 3600) return t("age.m", { n: Math.floor(s / 60) });
  if (s < 86400) return t("age.h", { n: Math.floor(s / 3600) });
  return t("age.d", { n: Math.floor(s / 86400) });
}
