import * as api from "../api";
import { learn } from "../state";
import { store, update } from "../store";
import { follow } from "../stream";
import { type Change, type Incident, states, type Tab, tabOf } from "../wire";

// How many incidents a page brings, and up to how many are fetched before anybody
// scrolls to them.
const firstPage = 100;
const nextPage = 200;
const ahead = 1000;

// How much of a list is here.
interface Loaded {
  next: string; // the cursor of what lacks; empty when nothing does
  begun: boolean;
  busy: boolean;
  fault: string;
}

const lists = new Map<string, Loaded>();

// loaded tells how much is here of a tab's list, as a filter's query narrows it.
export function loaded(tab: Tab, query = ""): Loaded {
  const name = tab + query;
  let l = lists.get(name);
  if (!l) lists.set(name, (l = { next: "", begun: false, busy: false, fault: "" }));
  return l;
}

// A Heard is one incident as it was before a change and is now: whoever must not miss
// one, as the sound, listens here and not to what is drawn.
export type Heard = (now: Incident, before: Incident | undefined, change?: Change) => void;

const hearers = new Set<Heard>();

export function hear(f: Heard): () => void {
  hearers.add(f);
  return () => void hearers.delete(f);
}

// learnt takes an incident in, unless a newer version is known: answers and the feed
// cross.
export function learnt(i: Incident, change?: Change): void {
  const before = store.incidents.get(i.id);
  if (before && before.version > i.version) return;
  store.incidents.set(i.id, i);
  for (const f of hearers) f(i, before, change);
  update(() => {});
}

let stop = () => {};

// first asks for what the desk begins with.
export const first = () => Promise.all([api.list(states.todo, firstPage), api.cameras()]);

// begin loads the first page and follows the feed from where it stands.
export async function begin(asked = first()): Promise<void> {
  stop();
  try {
    const [page, names] = await asked;
    learn(names);
    store.incidents.clear();
    lists.clear();
    took(loaded("todo"), page);
    update((s) => Object.assign(s, { ready: true, fault: "" }));
    stop = follow(page.position, {
      change: (c) => learnt(c.incident, c),
      live: (on) => update((s) => Object.assign(s, { link: on ? "on" : "off", lostAt: on ? 0 : s.lostAt || Date.now(), aliveAt: on ? Date.now() : s.aliveAt })),
      back: () => void api.newer().then((stale) => update((s) => (s.stale = stale))),
      reset: () => void begin(),
    });
    void fetchAhead();
  } catch (e) {
    update((s) => Object.assign(s, { fault: String((e as Error).message), link: "off", lostAt: s.lostAt || Date.now() }));
  }
}

async function fetchAhead() {
  const l = loaded("todo");
  while (l.next && store.incidents.size < ahead && !l.fault) await more("todo");
}

function took(l: Loaded, page: api.Page) {
  for (const i of page.incidents) learnt(i);
  Object.assign(l, { next: page.next ?? "", begun: true, fault: "" });
}

// more fetches the next page of a list, if there is one and none is on its way.
export async function more(tab: Tab, query = ""): Promise<void> {
  const l = loaded(tab, query);
  if (l.busy || (l.begun && !l.next)) return;
  l.busy = true;
  try {
    took(l, await api.list(states[tab], l.begun ? nextPage : firstPage, l.next, query));
  } catch (e) {
    l.fault = String((e as Error).message);
  }
  l.busy = false;
  update(() => {});
}

// waits reports whether nobody has verified an incident yet.
export const waits = (i: Incident) => tabOf(i) === "todo";
