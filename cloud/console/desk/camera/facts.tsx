import { store } from "../store";
import { age, t, time } from "../text";
import type { CameraDetail, CameraState, Day, Precision } from "./data";

// stateWord says how a camera is, in words.
export const stateWord = (word: string) => (["online", "connecting", "unknown"].includes(word) ? t(`camera.${word}`) : t(`cause.${word}`));

export const tone = (word: string) => (word === "online" ? "good" : word === "connecting" || word === "starting" ? "wait" : "bad");

const percent = (x: number, digits = 0) => `${(100 * x).toFixed(digits)} %`;

// share says a precision with how sure it is.
export const share = (p: Precision) =>
  p.share === null
    ? t("precision.none")
    : t("precision.of", { share: percent(p.share), low: Math.round(p.low * 100), high: Math.round(p.high * 100), n: p.true + p.false });

// How tells the state, why and since when, and how old that news is.
export function How({ c }: { c: CameraState }) {
  return (
    <p class={`how ${tone(c.state)}`} role="status">
      <strong>{stateWord(c.state)}</strong>
      {c.reason && <span> · {c.reason}</span>}
      {c.since && (
        <span>
          {" "}
          · <time dateTime={c.since} title={time(c.since)}>{t("camera.since", { at: time(c.since) })}</time>
        </span>
      )}
      {c.heard && <span class="fine"> · {t("camera.heard", { ago: age(c.heard, store.now) })}</span>}
    </p>
  );
}

// span is a length of time in words.
const span = (s: number) => (s < 60 ? t("span.s", { n: Math.round(s) }) : s < 3600 ? t("span.m", { n: Math.round(s / 60) }) : t("span.h", { n: (s / 3600).toFixed(1) }));

// Strip is the coverage of the last days: a bar for each, and the same in words.
export function Strip({ days }: { days: Day[] }) {
  if (!days.length) return <p class="fine">{t("strip.none")}</p>;
  return (
    <ol class="strip" aria-label={t("strip")}>
      {days.map((d) => {
        const causes = Object.entries(d.blind_s ?? {})
          .filter(([, s]) => s >= 1)
          .sort((a, b) => b[1] - a[1])
          .map(([cause, s]) => `${t(`cause.${cause}`)} ${span(s)}`);
        const words = `${d.day}: ${d.share === null ? "–" : percent(d.share, 1)}${causes.length ? ` · ${causes.join(", ")}` : ""}`;
        const seen = d.share ?? 0;
        return (
          <li key={d.day} title={words} class={seen >= 0.95 ? "good" : seen >= 0.5 ? "wait" : "bad"}>
            <span class="bar"><i style={{ height: `${Math.round(100 * seen)}%` }} /></span>
            <span aria-hidden="true">{d.day.slice(8)}</span>
            <span class="hidden">{words}</span>
          </li>
        );
      })}
    </ol>
  );
}

// Facts are the figures of one camera.
export function Facts({ c }: { c: CameraDetail }) {
  const list: [string, string][] = [
    [t("col.place"), c.place_zh || c.place],
    [t("box"), `${c.site} / ${c.box} / ${c.camera}`],
    [t("precision.7"), share(c.precision["7"])],
    [t("precision.30"), share(c.precision["30"])],
    [t("precision.rule"), String(c.precision["30"].rule)],
    [t("camera.open"), String(c.open)],
    [t("camera.clock"), clock(c.clock_ahead_ms)],
  ];
  return (
    <dl>
      {list.map(([k, v]) => (
        <div key={k}>
          <dt>{k}</dt>
          <dd>{v}</dd>
        </div>
      ))}
    </dl>
  );
}

function clock(ahead?: number): string {
  if (ahead === undefined) return t("camera.clock.unknown");
  return t(ahead < 0 ? "camera.clock.behind" : "camera.clock.ahead", { s: Math.abs(ahead / 1000).toFixed(1) });
}
