import { t } from "../text";
import type { Case, Dot, Point, Trial } from "./data";

// What the box would see, as boxes on the picture and in words.

const label = (c: Case) => t(`kind.${c.kind}`);

// why says what becomes of a case, and what it lacks.
function why(c: Case): string {
  if (c.raised) return t("trial.raised");
  const held = c.held_s.toFixed(1), need = c.need_s.toFixed(1);
  return t(`trial.lacks.${c.lacks ?? "time"}`, { held, need, score: c.score.toFixed(2) });
}

export function Boxes({ cases, px }: { cases: Case[]; px(p: Point): Point }) {
  return (
    <g class="cases" aria-hidden="true">
      {cases
        .filter((c) => c.box[2] > 0 && c.box[3] > 0)
        .map((c, n) => {
          const [x, y] = px([c.box[0], c.box[1]]), [u, v] = px([c.box[0] + c.box[2], c.box[1] + c.box[3]]);
          return (
            <g key={n} class={c.raised ? "raised" : "lacking"}>
              <rect x={x} y={y} width={u - x} height={v - y} />
              <text x={x + 4} y={Math.max(14, y - 4)}>
                {label(c)} {c.score.toFixed(2)}
              </text>
            </g>
          );
        })}
    </g>
  );
}

export function Dots({ dots, px }: { dots: Dot[]; px(p: Point): Point }) {
  return (
    <g aria-hidden="true">
      {dots.map((d) => {
        if (!d.box) return null;
        const [x, y] = px([d.box[0] + d.box[2] / 2, d.box[1] + d.box[3] / 2]);
        return <circle key={d.id} class={`past level${d.level}`} cx={x} cy={y} r={5} />;
      })}
    </g>
  );
}

// Result tells a trial in words. stale says that something was changed since.
export function Result({ trial, stale }: { trial: Trial; stale: boolean }) {
  const cases = trial.cases ?? [];
  const looked = Object.entries(trial.looked).filter(([, n]) => n > 0);
  return (
    <section class="trial" aria-labelledby="trial" aria-live="polite">
      <h2 id="trial">{t("trial")}</h2>
      {stale && <p class="stale">{t("trial.stale")}</p>}
      <p class="fine">
        {t("trial.looked", { s: trial.seconds.toFixed(1) })} {looked.map(([name, n]) => t("trial.pictures", { name: t(`tune.${name}`), n })).join(" · ")}
      </p>
      {cases.length === 0 && <p>{t("trial.nothing")}</p>}
      <ul>
        {cases.map((c, n) => (
          <li key={n} class={c.raised ? "raised" : "lacking"} data-case={c.zone ? `${c.kind} ${c.zone}` : c.kind}>
            <b>{label(c)}</b> {c.zone && <span>{c.zone}</span>} <span>{t("trial.score", { score: c.score.toFixed(2) })}</span> <em>{why(c)}</em>
          </li>
        ))}
      </ul>
    </section>
  );
}
