import { useEffect } from "preact/hooks";
import { act, can } from "../actions";
import { Clock } from "../clock";
import { Picture } from "../picture";
import { nameOf } from "../places";
import { camerasOf, kind, place } from "../state";
import { age, note, t, time } from "../text";
import { type Incident, tabOf } from "../wire";
import { compound, type Row } from "./rows";

interface Props {
  row: Row;
  top: number; // pixels from the list's beginning
  at: number; // which one of all, from 0
  of: number;
  chosen: boolean;
  opened: boolean;
  now: number;
  choose(): void;
  unfold(): void;
}

// RowView is one line of the feed.
export function RowView({ row, top, at, of, chosen, opened, now, choose, unfold }: Props) {
  const i = row.head;
  const n = row.members.length;
  const all = row.why === "outage" || opened ? [i] : row.members.filter(waiting);
  const free = !i.taken_by && can(i, "taken") && tabOf(i) === "todo";
  useEffect(() => painted(i.id), [i.id]);
  return (
    <article
      class={`row level${i.level} ${i.taken_by ? "taken" : "open"}${row.inner ? " inner" : ""}`}
      style={{ transform: `translateY(${top}px)` }}
      data-incident={i.id}
      data-kind={i.class}
      aria-current={chosen}
      aria-posinset={at + 1}
      aria-setsize={of}
      aria-label={`${t(`level.${i.level}`)} ${kind(i)} ${place(i)}`}
      tabIndex={chosen || at === 0 ? 0 : -1}
      onClick={choose}
    >
      <Picture incident={i} />
      <div class="what">
        <strong>
          <span class="level">{t(`level.${i.level}`)}</span> {kind(i)}
          {i.note && <em> {note(i.note)}</em>}
        </strong>
        <span class="where">{where(row)}</span>
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
        {n > 1 && (
          <button
            type="button"
            class="unfold"
            aria-expanded={opened}
            onClick={(e) => {
              e.stopPropagation();
              unfold();
            }}
          >
            {opened ? "▴" : "▾"} {t(`group.${row.why}`, { n: row.why === "outage" ? n - 1 : n })}
          </button>
        )}
        {free && (
          <button
            type="button"
            class="ack"
            onClick={(e) => {
              e.stopPropagation();
              void takeAll(all);
            }}
          >
            {all.length > 1 ? t("take.all", { n: all.length }) : t("action.taken")}
          </button>
        )}
        {i.taken_by && tabOf(i) !== "ended" && <span>{t("taken", { name: i.handler || i.taken_by })}</span>}
        {i.shelved && <span>{t("shelved", { name: i.shelved.by, until: time(i.shelved.until) })}</span>}
        {i.verdict && <span>{t(`verdict.${i.verdict}`)}</span>}
      </div>
    </article>
  );
}

const waiting = (i: Incident) => !i.taken_by && can(i, "taken");

// takeAll takes one after the other; it ends at the first that cannot be taken, which is
// said.
async function takeAll(list: Incident[]): Promise<void> {
  for (const i of list) if (!(await act(i, "taken", {}))) return;
}

// where says the place, as exactly as all of a row have it in common.
function where({ head: i, why, members }: Row): string {
  if (why === "flood" && members.length > 1) return nameOf(compound(i)) ?? compound(i);
  if (why === "outage") return `${place(i)} · ${t("outage", { n: camerasOf(i.site ?? "", i.box) })}`;
  return place(i) + (i.zone ? ` · ${i.zone}` : "");
}

const marked: string[] = [];

// painted marks when a row was on the screen, in the browser's own timeline, so that
// whoever measures how long an alert takes can read it. The second frame after it was
// drawn is one that was shown.
function painted(id: string): void {
  if (marked.includes(id)) return;
  marked.push(id);
  if (marked.length > 500) performance.clearMarks(`painted:${marked.shift()}`);
  requestAnimationFrame(() => requestAnimationFrame(() => performance.mark(`painted:${id}`)));
}
