import { useEffect, useState } from "preact/hooks";
import { type Incident, verdicts } from "./wire";
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
    [t("received"), time(i.received_at)],
    [t("score"), `${Math.round(i.score * 100)} %`],
  ];
  return (
    <section class="detail" aria-label={t(`kind.${i.kind}`)}>
      <header class={`level${i.level}`}>
        <button type="button" class="back" onClick={back} aria-label={t("cancel")}>
          ←
        </button>
        <h2>
          {t(`kind.${i.kind}`)} {note(i.note)}
        </h2>
        <span>{i.active ? t("active") : t("over")}</span>
      </header>
      <Picture incident={i} large />
      {i.kind.startsWith("fire.") && i.state !== "closed" && <p class="suspected">{t("suspected")}</p>}
      <dl>
        {facts.map(([k, v]) => (
          <div key={k}>
            <dt>{k}</dt>
            <dd>{v}</dd>
          </div>
        ))}
      </dl>
      <footer>
        {i.state === "open" && (
          <button type="button" class="ack" onClick={acknowledge}>
            {t("ack")}
          </button>
        )}
        {i.acknowledged_by && <span>{t("acked", { name: i.acknowledged_by })}</span>}
        {i.state !== "closed" && !closing && (
          <button type="button" onClick={() => setClosing(true)}>
            {t("close")}
          </button>
        )}
        {i.state === "closed" && <span>{t("closed", { name: i.closed_by ?? "", verdict: t(`verdict.${i.verdict}`) })}</span>}
      </footer>
      {closing && i.state !== "closed" && <Verdict done={close} cancel={() => setClosing(false)} />}
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
