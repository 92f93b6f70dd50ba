import { Clock } from "./clock";
import { Picture } from "./picture";
import { kind, place } from "./state";
import { age, note, t } from "./text";
import { type Incident, tabOf } from "./wire";

interface Props {
  incident: Incident;
  chosen: boolean;
  now: number;
  choose(): void;
  take(): void;
}

// A Row is one incident in the feed.
export function Row({ incident: i, chosen, now, choose, take }: Props) {
  const free = !i.taken_by && i.actions.some((a) => a.action === "taken") && tabOf(i) === "todo";
  return (
    <li class={`row level${i.level} ${i.taken_by ? "taken" : "open"}`} data-id={i.id} data-kind={i.class} aria-current={chosen} onClick={choose}>
      <Picture incident={i} />
      <div class="what">
        <strong>
          <span class="level">{t(`level.${i.level}`)}</span> {kind(i)}
          {i.note && <em> {note(i.note)}</em>}
        </strong>
        <span class="where">{place(i) + (i.zone ? ` · ${i.zone}` : "")}</span>
        <span class="when">
          <time dateTime={i.last_at} title={i.last_at}>
            {age(i.last_at, now)}
          </time>
          {i.events > 1 && <b> {t("times", { n: i.events })}</b>} {t(`state.${i.state}`)}
          <i class={i.active ? "active" : ""}> {i.active ? t("active") : t("over")}</i>
          {i.backfill && <i> {t("backfill")}</i>} <Clock incident={i} now={now} />
        </span>
      </div>
      <div class="who">
        {free && (
          <button
            type="button"
            class="ack"
            onClick={(e) => {
              e.stopPropagation();
              take();
            }}
          >
            {t("action.taken")}
          </button>
        )}
        {i.taken_by && tabOf(i) !== "ended" && <span>{t("taken", { name: i.handler || i.taken_by })}</span>}
        {i.verdict && <span>{t(`verdict.${i.verdict}`)}</span>}
      </div>
    </li>
  );
}
