import type { Incident } from "./wire";
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
    <li class={`row level${i.level} ${i.state}`} data-id={i.id} data-kind={i.kind} aria-current={chosen} onClick={choose}>
      <Picture incident={i} />
      <div class="what">
        <strong>
          <span class="level">{t(`level.${i.level}`)}</span> {t(`kind.${i.kind}`)}
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
        {i.state === "open" && (
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
        {i.state === "acknowledged" && <span>{t("acked", { name: i.acknowledged_by ?? "" })}</span>}
        {i.state === "closed" && <span>{t("closed", { name: i.closed_by ?? "", verdict: t(`verdict.${i.verdict}`) })}</span>}
      </div>
    </li>
  );
}
