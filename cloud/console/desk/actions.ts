import * as api from "./api";
import { learnt } from "./feed/data";
import { say, store } from "./store";
import { t } from "./text";
import type { Command, Incident } from "./wire";

// act does one action, and says why not when it cannot be done. It returns whether it
// was.
export async function act(i: Incident, action: string, command: Command): Promise<boolean> {
  try {
    learnt(await api.act(store.user.csrf, i, action, command));
    say("");
    return true;
  } catch (e) {
    const p = e as api.Problem;
    if (p.incident) {
      learnt(p.incident);
      say(t("conflict"));
    } else if (p.roles) say(`${p.message} (${t("forbidden", { roles: p.roles.map((r) => t(`role.${r}`)).join(", ") })})`);
    else say(t("failed", { why: p.message }));
    return false;
  }
}

// can reports whether an action is allowed now.
export const can = (i: Incident | undefined, action: string) => !!i?.actions.some((a) => a.action === action);
