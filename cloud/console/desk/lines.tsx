import { useState } from "preact/hooks";
import { undo } from "./actions";
import * as api from "./api";
import { Sheet } from "./sheet";
import { kind, place } from "./state";
import { say, store, update, useStore } from "./store";
import { t } from "./text";

// Lines tell what has just happened, and what waits.
export function Lines() {
  const s = useStore();
  const taken = s.undo && s.now < s.undo.until ? s.incidents.get(s.undo.id) : undefined;
  return (
    <div class="lines">
      {s.stale && (
        <p class="said" role="status">
          {t("stale")}{" "}
          <button type="button" onClick={() => location.reload()}>
            {t("stale.now")}
          </button>
        </p>
      )}
      {s.unsent > 0 && (
        <p class="said unsent" role="status">
          {t("unsent", { n: s.unsent })}
        </p>
      )}
      {taken && (
        <p class="said" role="status">
          {t("undo.what", { what: kind(taken), place: place(taken) })}{" "}
          <button type="button" class="undo" onClick={undo}>
            {t("undo", { n: Math.min(10, Math.ceil((s.undo!.until - s.now) / 1000)) })}
          </button>
        </p>
      )}
      {s.said && (
        <p class="said" role="status">
          {s.said}{" "}
          <button type="button" aria-label={t("close.it")} onClick={() => say("")}>
            ×
          </button>
        </p>
      )}
    </div>
  );
}

// LoginAgain is the login in place: what is typed and shown here stays.
export function LoginAgain() {
  const [fault, setFault] = useState("");
  const [password, setPassword] = useState("");
  const come = async (e: Event) => {
    e.preventDefault();
    try {
      const s = await api.login(store.user.name, password);
      if (s.second) return location.assign(`/login/second?back=${encodeURIComponent(location.pathname + location.search)}`);
      store.user = { ...store.user, csrf: s.csrf };
      update((s) => (s.out = false));
    } catch (e) {
      setFault((e as Error).message);
    }
  };
  return (
    <Sheet title={t("out")} close={() => location.assign("/login")}>
      <form onSubmit={come}>
        <p>{t("out.why", { name: store.user.name })}</p>
        <label>
          {t("login.password")}{" "}
          <input type="password" autocomplete="current-password" required value={password} onInput={(e) => setPassword(e.currentTarget.value)} />
        </label>{" "}
        <button type="submit" class="ack">
          {t("login.submit")}
        </button>
        {fault && (
          <p class="fault" role="alert">
            {fault}
          </p>
        )}
      </form>
    </Sheet>
  );
}
