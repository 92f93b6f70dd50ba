import { useEffect, useState } from "preact/hooks";
import { find } from "./views";

// The desk is one document: what the address names is a view of it, so sound, the
// feed and half-typed words outlive a change of view.

const here = () => location.pathname + location.search;
const listeners = new Set<() => void>();
const told = () => listeners.forEach((f) => f());

// go opens an address of the desk; replace leaves no trace in the history.
export function go(path: string, replace = false): void {
  if (path === here()) return;
  if (replace) history.replaceState(null, "", path);
  else history.pushState(null, "", path);
  told();
}

// usePath is the address, path and query.
export function usePath(): string {
  const [path, setPath] = useState(here);
  useEffect(() => {
    const f = () => setPath(here());
    listeners.add(f);
    return () => void listeners.delete(f);
  }, []);
  return path;
}

// looking is the incident that the address names, on its page or beside the feed.
export const looking = () => /^\/incident\/(\w{26})$/.exec(location.pathname)?.[1] ?? new URLSearchParams(location.search).get("incident") ?? "";

// route lets plain links to the desk's own views open without loading a document.
export function route(): void {
  addEventListener("popstate", told);
  addEventListener("click", (e) => {
    const a = (e.target as Element).closest?.("a");
    if (!a || a.target || e.defaultPrevented || e.button || e.ctrlKey || e.metaKey || e.shiftKey || e.altKey) return;
    if (a.origin !== location.origin || !find(a.pathname)) return;
    e.preventDefault();
    go(a.pathname + a.search);
  });
}
