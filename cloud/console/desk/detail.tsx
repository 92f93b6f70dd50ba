import { useEffect, useState } from "preact/hooks";
import { type Incident, judged, verdicts } from "./wire";
import { Picture } from "./picture";
import { place } from "./state";
import { note, t, time } from "./text";

interface Props {
  incident: Incident;
  closing: boolean;
  setClosing(on: boolean): void;
  acknowledge(): void;
  close(verdict: string, why: string): void;
  back(): void;
}

// Detail is everything about one incident, and what may be done with it.
export function Detail({ incident: i, closing, setClosing, acknowledge, close, back }: Props) {
  const facts: [string, string][] = [
    [t("camera"), place(i)],
    [t("box"), [i.site, i.box, i.device].filter(Boolean).join(" / ")],
    [t("zone"), i.zone || "–"],
    [t("since"), time(i.since)],
    [t("first"), time(i.first_at)],
    [t("last"), time(i.last_at)],
    [t("received"), time(i.first_seen_at)],
    [t("score"), `${Math.round(i.score * 100)} %`],
  ];
  return (
    <section class="detail" aria-label={t(`kind.${i.class}`)}>
      <header class={`level${i.level}`}>
        <button type="button" class="back" onClick={back} aria-label={t("cancel")}>
          ←
        </button>
        <h2>
          {t(`kind.${i.class}`)} {note(i.note)}
        </h2>
        <span>{i.active ? t("active") : t("over")}</span>
      </header>
      <Picture incident={i} large />
      {i.class.startsWith("fire.") && !judged(i) && <p class="suspected">{t("suspected")}</p>}
      <dl>
        {facts.map(([k, v]) => (
          <div key={k}>
            <dt>{k}</dt>
            <dd>{v}</dd>
          </div>
        ))}
      </dl>
      <footer>
        {!judged(i) && !i.taken_by && (
          <button type="button" class="ack" onClick={acknowledge}>
            {t("ack")}
          </button>
        )}
        {i.taken_by && <span>{t("acked", { name: i.taken_by })}</span>}
        {!judged(i) && !closing && (
          <button type="button" onClick={() => setClosing(true)}>
            {t("close")}
          </button>
        )}
        {judged(i) && <span>{t("closed", { name: i.confirmed_by ?? i.closed_by ?? "", verdict: t(`verdict.${i.verdict}`) })}</span>}
      </footer>
      {closing && !judged(i) && <Verdict done={close} cancel={() => setClosing(false)} />}
    </section>
  );
}

function Verdict({ done, cancel }: { done(verdict: string, why: string): void; cancel(): void }) {
  const [why, setWhy] = useState("");
  useEffect(() => document.getElementById("why")?.focus(), []);
  return (
    <div class="verdict" role="group" aria-label={t("close.verdict")}>
      <label for="why">{t("close.why")}</label>
      <input id="why" maxLength={200} value={why} onInput={(e) => setWhy(e.currentTarget.value)} />
      <div>
        {verdicts.map((v) => (
          <button type="button" key={v} data-verdict={v} onClick={() => done(v, why)}>
            {t(`verdict.${v}`)}
          </button>
        ))}
        <button type="button" onClick={cancel}>
          {t("cancel")}
        </button>
      </div>
    </div>
  );
}
