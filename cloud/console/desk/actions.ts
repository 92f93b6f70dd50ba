import * as api from "./api";
import { learnt } from "./feed/data";
import { say, store, update } from "./store";
import { t } from "./text";
import type { Command, Incident } from "./wire";

// How long an action is tried while the link is down, and how soon again.
const patience = 30_000;
const again = 1500;

// How long what was taken may be given back with one key.
const undoable = 10_000;

// act does one action, and says why not when it cannot be done. It returns whether it
// was.
export async function act(i: Incident, action: string, command: Command): Promise<boolean> {
  try {
    learnt(await send(i, action, command));
    say("");
    if (action === "taken") update((s) => (s.undo = { id: i.id, until: Date.now() + undoable }));
    else if (store.undo?.id === i.id) update((s) => (s.undo = undefined));
    return true;
  } catch (e) {
    const p = e as api.Problem;
    if (p.incident) {
      const by = p.incident.closed_by || p.incident.handler || p.incident.taken_by || p.incident.confirmed_by;
      learnt(p.incident);
      say(t(by ? "conflict.by" : "conflict", { name: by ?? "", state: t(`state.${p.incident.state}`) }));
    } else if (p.roles) say(`${p.message} (${t("forbidden", { roles: p.roles.map((r) => t(`role.${r}`)).join(", ") })})`);
    else if (p.status) say(t("failed", { why: p.message }));
    else say(t("unsent.refused", { what: t(`action.${action}`) }));
    return false;
  }
}

// send tries until the server has answered. One key for all tries makes it one action.
async function send(i: Incident, action: string, command: Command): Promise<Incident> {
  const key = api.key();
  const until = Date.now() + patience;
  let waiting = false;
  try {
    for (;;) {
      try {
        return await api.act(store.user.csrf, i, action, command, key);
      } catch (e) {
        if (e instanceof api.Problem || Date.now() > until) throw e;
      }
      if (!waiting) update((s) => s.unsent++);
      waiting = true;
      await new Promise((then) => setTimeout(then, again));
    }
  } finally {
    if (waiting) update((s) => s.unsent--);
  }
}

// undo gives back what this desk has just taken.
export function undo(): void {
  const i = store.undo && store.incidents.get(store.undo.id);
  update((s) => (s.undo = undefined));
  if (i && can(i, "released")) void act(i, "released", {});
}

// can reports whether an action is allowed now.
export const can = (i: Incident | undefined, action: string) => !!i?.actions.some((a) => a.action === action);
