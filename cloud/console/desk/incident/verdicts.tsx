import { useState } from "preact/hooks";
import { act, can } from "../actions";
import { useKeys } from "../keys";
import { t } from "../text";
import { type Incident, verdicts } from "../wire";

// Why a detector was wrong; the words are cause.NAME.
const causes = ["light", "rain", "insect", "shadow", "steam", "headlights", "animal", "plant", "other"];

const digits = (list: string[], act: (one: string) => void) => Object.fromEntries(list.map((one, n) => [`Digit${n + 1}`, () => act(one)]));

// Verdicts say with one key what an alert turned out to be. Where the detector was
// wrong a second key says why: it counts against the camera, and not where only the
// zone was wrong.
export function Verdicts({ incident: i }: { incident: Incident }) {
  const [why, setWhy] = useState(false);
  const yes = ["alarm", "confirm"].find((a) => can(i, a));
  const may = (v: string) => (v === "genuine" ? !!yes : can(i, "reject"));
  const judge = (v: string) => {
    if (!may(v)) return;
    if (v === "genuine") void act(i, yes!, {});
    else if (v === "false" && i.device) setWhy(true);
    else void act(i, "reject", { verdict: v });
  };
  useKeys(digits(verdicts, judge));
  if (!yes && !can(i, "reject")) return null;
  return (
    <div class="verdict" role="group" aria-label={t("field.verdict")}>
      <div>
        {verdicts.filter(may).map((v) => (
          <button type="button" key={v} data-verdict={v} class={v === "genuine" ? "ack" : ""} aria-expanded={v === "false" ? why : undefined} onClick={() => judge(v)}>
            <kbd>{verdicts.indexOf(v) + 1}</kbd> {v === "genuine" ? t(`action.${yes}`) : t(`verdict.${v}`)}
          </button>
        ))}
      </div>
      {why && <Causes choose={(cause) => void act(i, "reject", { verdict: "false", cause })} cancel={() => setWhy(false)} />}
    </div>
  );
}

function Causes({ choose, cancel }: { choose(cause: string): void; cancel(): void }) {
  useKeys({ ...digits(causes, choose), Escape: cancel });
  return (
    <div class="causes" role="group" aria-label={t("cause.why")}>
      <span>{t("cause.why")}</span>
      {causes.map((c, n) => (
        <button type="button" key={c} data-cause={c} onClick={() => choose(c)}>
          <kbd>{n + 1}</kbd> {t(`cause.${c}`)}
        </button>
      ))}
      <button type="button" onClick={cancel}>
        {t("cancel")}
      </button>
    </div>
  );
}
