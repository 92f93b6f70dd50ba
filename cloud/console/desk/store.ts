import { useEffect, useState } from "preact/hooks";
import type { Incident, Me, Watch } from "./wire";

export type Link = "wait" | "on" | "off";

// What the desk knows, for as long as its document lives.
export const store = {
  user: undefined as unknown as Me, // set before anything is shown
  incidents: new Map<string, Incident>(), // all that was loaded or came
  ready: false, // the first page of the feed is here
  fault: "", // why it is not
  link: "wait" as Link,
  lostAt: 0, // since when the link is off
  said: "", // one line that tells what happened
  now: Date.now(),
  skew: 0, // how far the server's clock is ahead of this desk's, in milliseconds
  out: false, // the session has ended: log in again, in place
  aliveAt: 0, // when the server last gave a sign of life
  unsent: 0, // actions that wait for the link
  undo: undefined as { id: string; until: number } | undefined, // what may be given back at once
  stale: false, // the server has a newer desk
  watch: undefined as Watch | undefined, // which desks are manned; unknown while the server does not answer
  announced: { level: 4, words: "" }, // for screen readers
};

// now is the time by the server's clock: a desk's own may be wrong, and ages would be.
export const now = () => Date.now() + store.skew;

// clock takes in what the server's clock says. Up to 2 s is the way and the second it
// is cut to.
export function clock(server: number): void {
  const skew = server - Date.now();
  store.skew = Math.abs(skew) > 2000 ? skew : 0;
}

const listeners = new Set<() => void>();
let due = false;

// update changes what the desk knows and has it drawn with the next frame, once for
// all changes before it.
export function update(f: (s: typeof store) => void): void {
  f(store);
  if (due) return;
  due = true;
  const draw = () => {
    due = false;
    for (const l of listeners) l();
  };
  if (document.visibilityState === "visible") requestAnimationFrame(draw);
  else window.setTimeout(draw); // a hidden page has no frames
}

// useStore draws a component again when something has changed.
export function useStore(): typeof store {
  const [, draw] = useState(0);
  useEffect(() => {
    const l = () => draw((n) => n + 1);
    listeners.add(l);
    return () => void listeners.delete(l);
  }, []);
  return store;
}

// may says whether a right is held anywhere.
export const may = (right: string) => store.user.rights.includes(right);

export const say = (words: string) => update((s) => (s.said = words));
