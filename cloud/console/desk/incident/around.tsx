import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { placesOf } from "../places";
import type { Where } from "../plan/where";
import { kind, place } from "../state";
import { lang, t, time } from "../text";
import { find } from "../views";
import type { Incident } from "../wire";

// Around is what else there is: who found it, where that is, what happened near it
// lately, and how often this camera was right.
export function Around({ incident: i, whole }: { incident: Incident; whole?: boolean }) {
  const near = useNear(i);
  const path = usePlaces(i);
  const camera = i.device ? `/camera/${[i.site, i.box, i.device].map((x) => encodeURIComponent(x!)).join("/")}` : "";
  return (
    <section class="around" aria-label={t("around")}>
      <h3>{t("around")}</h3>
      <p>
        {path || place(i)} {find("/plan") && <a href={`/plan?incident=${i.id}`}>{t("on.plan")}</a>}
      </p>
      {whole && <OnPlan place={i.place} />}
      <p>
        {t("sources")}: {(i.discoveries ?? []).map((d) => `${t(`source.${d.source}`)} ${time(d.at)}`).join(" · ") || "–"}
      </p>
      {camera && (
        <p>
          <Precision incident={i} /> {find(camera) && <a href={camera}>{t(i.verdict === "rule" ? "zones.fix" : "camera.page")}</a>}
        </p>
      )}
      {near.length > 0 && (
        <ul>
          {near.map((n) => (
            <li key={n.id}>
              <a href={`/incident/${n.id}`}>
                <span class={`level level${n.level}`}>{t(`level.${n.level}`)}</span> {kind(n)} · {place(n)}
              </a>{" "}
              {time(n.first_seen_at)} · {t(`state.${n.state}`)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}

// OnPlan draws the place on its compound's plan; the drawing's script comes when it is
// needed.
function OnPlan({ place }: { place: string }) {
  const [W, setW] = useState<{ Where?: typeof Where }>({});
  useEffect(() => {
    import("../plan/where").then((m) => setW({ Where: m.Where }), () => {}); // the path in words stands above
  }, []);
  return W.Where ? <W.Where place={place} /> : null;
}

// Related is what was heard of within an hour at the same place.
const hour = 3_600_000;

function useNear(i: Incident): Incident[] {
  const [near, setNear] = useState<Incident[]>([]);
  useEffect(() => {
    const at = Date.parse(i.first_seen_at);
    api.near(i.place, new Date(at - hour), new Date(at + hour)).then((list) => setNear(list.filter((n) => n.id !== i.id)), () => {});
  }, [i.id]);
  return near;
}

function usePlaces(i: Incident): string {
  const [path, setPath] = useState("");
  useEffect(() => {
    placesOf(i.place).then((list) => setPath(list.map((p) => (lang === "en" ? p.en : p.zh)).join(" › ")), () => {});
  }, [i.place, lang]);
  return path;
}

// Precision is how often this camera's detectors were right, as people said.
function Precision({ incident: i }: { incident: Incident }) {
  const [p, setP] = useState<api.Precision>();
  useEffect(() => {
    api.camera(i.site!, i.box!, i.device!).then((c) => setP(c.precision["30"]), () => {});
  }, [i.id, i.verdict]);
  if (!p) return null;
  if (p.share === null) return <span>{t("precision.none")}</span>;
  return <span data-precision={p.share}>{t("precision", { share: Math.round(p.share * 100), right: p.true, wrong: p.false, rule: p.rule })}</span>;
}
