import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys";
import { type Place, places } from "../places";
import { kind, place } from "../state";
import { useStore } from "../store";
import { lang, t } from "../text";
import type { Incident } from "../wire";

// A Filter says which incidents are shown.
export interface Filter {
  levels: number[]; // none: all
  within: string; // a compound's path
  text: string;
  mine: boolean;
  shelved: boolean; // only what was put aside; else all but that
}

export const everything: Filter = { levels: [], within: "", text: "", mine: false, shelved: false };

// query is a filter in the words of the API, so that its pages bring what is shown.
export function query(f: Filter): string {
  const q = new URLSearchParams();
  if (f.levels.length) q.set("level", f.levels.join());
  if (f.within) q.set("place", f.within);
  return q.size ? `&${q}` : "";
}

// fits reports whether an incident is shown.
export function fits(f: Filter, i: Incident, name: string): boolean {
  if (f.levels.length && !f.levels.includes(i.level)) return false;
  if (f.within && i.place !== f.within && !i.place.startsWith(`${f.within}/`)) return false;
  if (f.shelved !== !!i.shelved) return false;
  if (f.mine && i.taken_by !== name && i.handler !== name) return false;
  const words = f.text.trim().toLowerCase();
  return !words || `${i.number} ${kind(i)} ${place(i)} ${i.zone ?? ""} ${i.taken_by ?? ""} ${i.text ?? ""}`.toLowerCase().includes(words);
}

// Filters are the buttons and fields above the list. The slash leads to the search.
export function Filters({ filter: f, set }: { filter: Filter; set(f: Filter): void }) {
  const aside = [...useStore().incidents.values()].filter((i) => i.shelved).length;
  const search = useRef<HTMLInputElement>(null);
  const [compounds, setCompounds] = useState<Place[]>([]);
  useKeys({ Slash: () => search.current?.focus() });
  useEffect(() => {
    places().then((all) => setCompounds([...all.values()].filter((p) => p.kind === "compound" || p.kind === "street")), () => {});
  }, []);
  const flip = (n: number) => set({ ...f, levels: f.levels.includes(n) ? f.levels.filter((l) => l !== n) : [...f.levels, n] });
  return (
    <div class="filters" role="group" aria-label={t("filters")}>
      {[1, 2, 3, 4].map((n) => (
        <button type="button" key={n} class={`level${n}`} aria-pressed={f.levels.includes(n)} onClick={() => flip(n)}>
          {t(`level.${n}`)}
        </button>
      ))}
      <button type="button" aria-pressed={f.mine} onClick={() => set({ ...f, mine: !f.mine })}>
        {t("filter.mine")}
      </button>
      {(aside > 0 || f.shelved) && (
        <button type="button" data-filter="shelved" aria-pressed={f.shelved} onClick={() => set({ ...f, shelved: !f.shelved })}>
          {t("filter.shelved", { n: aside })}
        </button>
      )}
      {compounds.length > 0 && (
        <select aria-label={t("filter.place")} value={f.within} onChange={(e) => set({ ...f, within: e.currentTarget.value })}>
          <option value="">{t("filter.place")}</option>
          {compounds.map((p) => (
            <option key={p.path} value={p.path}>
              {lang === "en" ? p.en : p.zh}
            </option>
          ))}
        </select>
      )}
      <input
        ref={search}
        type="search"
        placeholder={t("filter.search")}
        aria-label={t("filter.search")}
        value={f.text}
        onInput={(e) => set({ ...f, text: e.currentTarget.value })}
        onKeyDown={(e) => e.code === "Escape" && e.currentTarget.blur()}
      />
    </div>
  );
}
