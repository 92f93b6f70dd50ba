import { useEffect, useRef, useState } from "preact/hooks";
import { act, can } from "../actions";
import * as api from "../api";
import { Panel } from "../incident/panel";
import { useKeys } from "../keys";
import { go, usePath } from "../router";
import { store, useStore } from "../store";
import { t } from "../text";
import { type Incident, type Tab, tabOf } from "../wire";
import { begin, learnt, loaded, more } from "./data";
import { Empty } from "./empty";
import { everything, type Filter, Filters, fits, query } from "./filter";
import { flooded, load } from "./flood";
import { List } from "./list";
import { byUrgency, type Folding, grouped } from "./rows";

const tabs: Tab[] = ["todo", "handling", "ended"];

// Feed is the desk's first view: what waits on the left, one incident on the right.
export function Feed() {
  const s = useStore();
  const [tab, setTab] = useState<Tab>("todo");
  const [opened, setOpened] = useState(new Set<string>());
  const chosen = new URLSearchParams(usePath().split("?")[1]).get("incident") ?? "";
  const current = s.incidents.get(chosen);
  const [filter, setFilter] = useState(everything);
  const [unfolded, setUnfolded] = useState(false); // a flood, by hand
  const flood = flooded();
  const asked = query(filter);
  const rows = useRows(tab, filter, { opened, flood: flood && !unfolded && tab === "todo" });
  const displayed = useDisplayed();
  useEffect(() => {
    if (!loaded(tab, asked).begun && s.ready) void more(tab, asked);
  }, [tab, asked, s.ready]);
  useEffect(() => {
    if (chosen && s.ready && !current) api.get(chosen).then(learnt, () => choose(""));
  }, [chosen, s.ready]);
  useEffect(() => {
    if (s.ready) requestAnimationFrame(() => performance.getEntriesByName("feed-usable").length || performance.mark("feed-usable"));
  }, [s.ready]);

  const choose = (id: string) => go(id ? `/?incident=${id}` : "/", true);
  const unfold = (key: string) => {
    const next = new Set(opened);
    if (!next.delete(key)) next.add(key);
    setOpened(next);
  };
  useKeys({
    KeyJ: () => move(1),
    KeyK: () => move(-1),
    Enter: () => current && can(current, "taken") && act(current, "taken", {}),
    KeyO: () => current && go(`/incident/${current.id}`),
    Escape: () => choose(""),
  });
  const move = (step: number) => {
    const at = rows.findIndex((r) => r.head.id === chosen);
    const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
    if (next) choose(next.head.id);
  };

  const l = loaded(tab, asked);
  return (
    <main class={current ? "view feedview chosen" : "view feedview"}>
      <h2 class="hidden">{t("feed")}</h2>
      <div class="tabs">
        {tabs.map((name) => (
          <button type="button" key={name} data-tab={name} aria-pressed={tab === name} onClick={() => setTab(name)}>
            {t(`filter.${name}`)}
          </button>
        ))}
        <Filters filter={filter} set={setFilter} />
      </div>
      <section class={s.link === "off" ? "queue dimmed" : "queue"} aria-label={t(`filter.${tab}`)}>
        {!s.ready && !s.fault && <p class="note" aria-busy="true">{t("loading")}</p>}
        {(s.fault || l.fault) && (
          <p class="note fault">
            {t("failed", { why: s.fault || l.fault })}{" "}
            <button type="button" onClick={() => (s.fault ? begin() : more(tab, asked))}>
              {t("retry")}
            </button>
          </p>
        )}
        {flood && tab === "todo" && (
          <p class="flooded" role="status">
            {t("flood", { n: load() })}{" "}
            <button type="button" aria-pressed={unfolded} onClick={() => setUnfolded(!unfolded)}>
              {t(unfolded ? "flood.fold" : "flood.all")}
            </button>
          </p>
        )}
        {s.ready && l.begun && rows.length === 0 && <Empty tab={tab} narrowed={JSON.stringify(filter) !== JSON.stringify(everything)} all={() => setFilter(everything)} />}
        <List key={tab} rows={rows} chosen={chosen} opened={opened} now={s.now} choose={choose} unfold={unfold} more={() => void (s.ready && more(tab, asked))} shown={displayed} />
      </section>
      {current ? <Panel key={current.id} incident={current} back={() => choose("")} /> : <section class="detail none">{t("choose")}</section>}
    </main>
  );
}

// useRows puts what is known into the order of a tab. Sorting what is nearly sorted
// costs next to nothing, so it begins with the last order.
function useRows(tab: Tab, filter: Filter, folding: Folding) {
  const last = useRef<Incident[]>([]);
  const shown = (i: Incident) => tabOf(i) === tab && fits(filter, i, store.user.name);
  const seen = new Set<string>();
  const list: Incident[] = [];
  for (const old of last.current) {
    const i = store.incidents.get(old.id);
    if (i && shown(i)) list.push(i), seen.add(i.id);
  }
  for (const i of store.incidents.values()) if (!seen.has(i.id) && shown(i)) list.push(i);
  list.sort(byUrgency);
  last.current = list;
  return grouped(list, folding);
}

// useDisplayed tells the server which incidents were on a screen that somebody could
// see.
function useDisplayed() {
  const told = useRef(new Set<string>());
  const wait = useRef(0);
  return (list: Incident[]) => {
    clearTimeout(wait.current);
    wait.current = window.setTimeout(() => {
      if (document.visibilityState !== "visible") return;
      const ids = list.map((i) => i.id).filter((id) => !told.current.has(id));
      if (ids.length === 0) return;
      for (const id of ids) told.current.add(id);
      api.displayed(store.user.csrf, ids).catch(() => {
        for (const id of ids) told.current.delete(id);
      });
    }, 500);
  };
}
