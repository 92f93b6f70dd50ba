import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { cameraCount } from "../state";
import { store } from "../store";
import { age, t, time } from "../text";
import type { Tab } from "../wire";

// How often an empty list proves anew that it is alive.
const every = 30_000;

// Empty says that there is nothing, and how one can know: an empty list that is dead
// looks the same.
export function Empty({ tab, narrowed, all }: { tab: Tab; narrowed: boolean; all(): void }) {
  const [proof, setProof] = useState<{ last?: string; blind?: number }>({});
  useEffect(() => {
    const look = () => {
      api.newest().then((i) => setProof((p) => ({ ...p, last: i?.first_seen_at })), () => {});
      api.blind().then((list) => setProof((p) => ({ ...p, blind: new Set(list.map((b) => `${b.site}/${b.box}/${b.device}`)).size })), () => {});
    };
    look();
    const timer = setInterval(look, every);
    return () => clearInterval(timer);
  }, []);
  if (narrowed)
    return (
      <p class="note">
        {t("empty.filtered")}{" "}
        <button type="button" onClick={all}>
          {t("flood.all")}
        </button>
      </p>
    );
  const cameras = cameraCount();
  return (
    <div class="note">
      <p>{t(`empty.${tab}`)}</p>
      {tab === "todo" && (
        <ul class="proof">
          <li>{proof.last ? t("empty.last", { at: time(proof.last) }) : t("empty.never")}</li>
          {cameras > 0 && proof.blind !== undefined && <li>{t("empty.cameras", { seen: Math.max(0, cameras - proof.blind), all: cameras })}</li>}
          {store.aliveAt > 0 && <li>{t("empty.alive", { age: age(new Date(store.aliveAt).toISOString(), store.now) })}</li>}
        </ul>
      )}
    </div>
  );
}
