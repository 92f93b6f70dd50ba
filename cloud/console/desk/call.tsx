import { useEffect, useState } from "preact/hooks";
import { act, can } from "./actions";
import { Sheet } from "./sheet";
import { kind, place } from "./state";
import { useStore } from "./store";
import { lang, t, time } from "./text";
import { type Place, placesOf } from "./places";

// CallCard is what to say on the telephone. The software calls nobody: a person does,
// and may note here that it was done.
export function CallCard({ id, close }: { id: string; close(): void }) {
  const i = useStore().incidents.get(id);
  const [path, setPath] = useState<Place[]>([]);
  useEffect(() => {
    if (i) placesOf(i.place).then(setPath, () => {});
  }, [id]);
  if (!i) return null;
  const spot = path.at(-1);
  return (
    <Sheet title={t("call.title")} close={close}>
      <p class="number" lang="zh-CN">
        119
      </p>
      <dl class="call">
        <div>
          <dt>{t("call.where")}</dt>
          <dd class="address">{path.length ? path.map((p) => (lang === "en" ? p.en : p.zh)).join(lang === "en" ? ", " : " ") : place(i)}</dd>
        </div>
        <div>
          <dt>{t("call.what")}</dt>
          <dd>{kind(i)}</dd>
        </div>
        <div>
          <dt>{t("since")}</dt>
          <dd>{time(i.since)}</dd>
        </div>
        {spot?.lat !== undefined && (
          <div>
            <dt>{t("call.position")}</dt>
            <dd>
              {spot.lat.toFixed(5)}, {spot.lon?.toFixed(5)} ({spot.datum})
            </dd>
          </div>
        )}
      </dl>
      <p>{t("call.say")}</p>
      {can(i, "comment") && (
        <button type="button" class="ack" onClick={() => act(i, "comment", { reason: t("call.noted") }).then((ok) => ok && close())}>
          {t("call.note")}
        </button>
      )}
      <p class="fine">{t("call.never")}</p>
    </Sheet>
  );
}
