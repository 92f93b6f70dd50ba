import { type Incident, judged } from "./wire";
import { Picture } from "./picture";
import { place } from "./state";
import { age, note, t } from "./text";

interface Props {
  incident: Incident;
  chosen: boolean;
  now: number;
  choose(): void;
  acknowledge(): void;
}

// A Row is one incident in the feed.
export function Row({ incident: i, chosen, now, choose, acknowledge }: Props) {
  return (
    <li class={`row level${i.level} ${judged(i) ? "closed" : i.taken_by ? "acknowledged" : "open"}`} data-id={i.id} data-kind={i.class} aria-current={chosen} onClick={choose}>
      <Picture incident={i} />
      <div class="what">
        <strong>
          <span class="level">{t(`level.${i.level}`)}</span> {t(`kind.${i.class}`)}
          {i.note && <em> {note(i.note)}</em>}
        </strong>
        <span class="where">{place(i) + (i.zone ? ` · ${i.zone}` : "")}</span>
        <span class="when">
          <time dateTime={i.last_at} title={i.last_at}>
            {age(i.last_at, now)}
          </time>
          {i.events > 1 && <b> {t("times", { n: i.events })}</b>}
          <i class={i.active ? "active" : ""}> {i.active ? t("active") : t("over")}</i>
          {i.backfill && <i> {t("backfill")}</i>}
        </span>
      </div>
      <div class="who">
        {!judged(i) && !i.taken_by && (
          <button
            type="button"
            class="ack"
            onClick={(e) => {
              e.stopPropagation();
              acknowledge();
            }}
          >
            {t("ack")}
          </button>
        )}
        {!judged(i) && i.taken_by && <span>{t("acked", { name: i.taken_by })}</span>}
        {judged(i) && <span>{t("closed", { name: i.confirmed_by ?? i.closed_by ?? "", verdict: t(`verdict.${i.verdict}`) })}</span>}
      </div>
    </li>
  );
}
