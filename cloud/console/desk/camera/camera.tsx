import { useEffect, useState } from "preact/hooks";
import { store, useStore } from "../store";
import { lang, t, time } from "../text";
import * as data from "./data";
import { Facts, How, Strip } from "./facts";
import { Lessons } from "./lessons";
import { Now } from "./now";
import { ZoneEditor } from "./zones";

const again = 15_000;

// View is the page of one camera: how it is, how it was, how often it was right, and
// what is drawn in its picture.
export function View({ params: [site, box, camera] }: { params: string[] }) {
  const name = `${site}/${box}/${camera}`;
  const [detail, setDetail] = useState<data.CameraDetail>();
  const [fault, setFault] = useState("");
  const [round, setRound] = useState(0);
  useStore();
  useEffect(() => {
    let timer = 0, over = false;
    const load = () =>
      data
        .camera(name)
        .then(
          (d) => {
            if (over) return;
            setDetail(d);
            setFault("");
          },
          (e) => !over && setFault((e as Error).message),
        )
        .finally(() => {
          if (!over) timer = window.setTimeout(load, again);
        });
    void load();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [name, round]);
  return (
    <main class="view cameraview">
      <p class="crumbs">
        <a href="/cameras">{t("nav.cameras")}</a> {detail?.place && <a href={`/plan?place=${encodeURIComponent(around(detail.place))}`}>{t("nav.plan")}</a>}
      </p>
      <h1>{detail?.called || camera}</h1>
      {fault && (
        <p class="fault" role="alert">
          {t("failed", { why: fault })} {detail && t("camera.old")}{" "}
          <button type="button" onClick={() => setRound(round + 1)}>{t("retry")}</button>
        </p>
      )}
      {!detail && !fault && <p class="note" aria-busy="true">{t("loading")}</p>}
      {detail && (
        <>
          <How c={detail} />
          <Now name={name} called={detail.called || camera} />
          <section class="covered" aria-labelledby="strip"><h2 id="strip">{t("strip")}</h2><Strip days={detail.days} /></section>
          <Facts c={detail} />
          <ZoneEditor key={name} name={name} detail={detail} />
          <Lessons key={`lessons ${name}`} name={name} />
          <Recent detail={detail} />
        </>
      )}
    </main>
  );
}

// around is the compound or street that a place is in.
export const around = (path: string) => path.split("/").slice(0, 2).join("/");

function Recent({ detail }: { detail: data.CameraDetail }) {
  return (
    <section aria-labelledby="recent">
      <h2 id="recent">{t("camera.recent")}</h2>
      {detail.recent.length === 0 && <p class="fine">{t("camera.recent.none")}</p>}
      <ul class="recent">
        {detail.recent.map((d) => (
          <li key={d.id}>
            <a href={`/incident/${d.id}`}>
              <span class={`level level${d.level}`}>{t(`level.${d.level}`)}</span> {lang === "en" ? d.class_en : d.class_zh} {d.zone && `· ${d.zone} `}· <time dateTime={d.at}>{time(d.at)}</time>
              {d.verdict && ` · ${t(`verdict.${d.verdict}`)}`}
            </a>
          </li>
        ))}
      </ul>
      {store.link === "off" && <p class="fault">{t("camera.old")}</p>}
    </section>
  );
}
