import { useState } from "preact/hooks";
import { act, can, undo } from "../actions";
import { Clock } from "../clock";
import { useKeys } from "../keys";
import { go } from "../router";
import { camera, kind, place } from "../state";
import { store, useStore } from "../store";
import { note, t, time } from "../text";
import { type Allowed, type Incident, tabOf } from "../wire";
import { ActionForm } from "./action";
import { Around } from "./around";
import { Evidence } from "./evidence";
import { History, Steps } from "./history";
import { Told } from "./told";
import { Verdicts } from "./verdicts";
import { Why } from "./why";

interface Props {
  incident: Incident;
  back(): void;
  whole?: boolean; // its own page, not beside the feed
}

// Panel is everything about one incident, and what may be done with it: the buttons
// are the actions that the table allows this person, and no others. It stands beside
// the feed and is the incident's own page.
export function Panel({ incident: i, back, whole }: Props) {
  const { now, watch, user } = useStore();
  const [asking, ask] = useState<Allowed>();
  const begin = (a: Allowed) => (a.needs.length ? ask(a) : void act(i, a.action, {}));
  const first = (...names: string[]) => {
    const a = i.actions.find((a) => names.includes(a.action));
    if (a) begin(a);
  };
  useKeys({
    KeyA: () => first("alarm", "dispatch", "classify", "assess"),
    KeyU: () => (store.undo ? undo() : can(i, "released") && void act(i, "released", {})),
    KeyS: () => first("shelve", "unshelve"),
    KeyC: () => go(`/incident/${i.id}`),
    ...(whole && { Enter: () => void (can(i, "taken") && act(i, "taken", {})), Escape: back }),
  });
  const lookers = [...new Set((watch?.desks ?? []).filter((d) => d.looking === i.id && d.who !== user.name).map((d) => d.who))];
  return (
    <section class={`detail level${i.level}`} aria-label={kind(i)} data-panel={i.id} data-state={i.state}>
      <header>
        <button type="button" class="back" onClick={back} aria-label={t("back")}>
          ←
        </button>
        <h2>
          <span class="level">{t(`level.${i.level}`)}</span> {kind(i)} {note(i.note)}
        </h2>
        <Clock incident={i} now={now} />
        <span class={i.active ? "active" : ""}>{i.active ? t("active") : t("over")}</span>
      </header>
      <p class="spot">
        {place(i)}
        {i.zone && ` · ${i.zone}`}
        {camera(i) && ` · ${camera(i)}`}
      </p>
      <p class="taker">
        {i.taken_by && tabOf(i) !== "ended" ? t("acked", { name: i.handler || i.taken_by }) : t("taken.none")}
        {lookers.length > 0 && ` · ${t("looking", { who: lookers.join(", ") })}`}
      </p>
      {i.shelved && (
        <p class="suspected">
          {t("shelved", { name: i.shelved.by, until: time(i.shelved.until) })}: {i.shelved.why}
        </p>
      )}
      {i.class.startsWith("fire.") && tabOf(i) === "todo" && <p class="suspected">{t("suspected")}</p>}
      {i.about_person && <p class="fault">{t("person")}</p>}
      {i.text && <blockquote>{i.text}</blockquote>}
      <Evidence incident={i} />
      <Verdicts incident={i} />
      <Buttons incident={i} begin={begin} whole={whole} />
      {asking && <ActionForm key={asking.action} incident={i} action={asking} gone={!can(i, asking.action)} csrf={user.csrf} done={(c) => act(i, asking.action, c).then((ok) => ok && ask(undefined))} cancel={() => ask(undefined)} />}
      <Why incident={i} />
      <Steps incident={i} />
      <History incident={i} open={!!whole} />
      <Told incident={i} />
      <Around incident={i} whole={whole} />
      <Facts incident={i} />
    </section>
  );
}

// What the verdicts' buttons do is not offered twice.
const inVerdicts = ["alarm", "confirm", "reject"];

function Buttons({ incident: i, begin, whole }: { incident: Incident; begin(a: Allowed): void; whole?: boolean }) {
  return (
    <div class="buttons" role="group" aria-label={t("actions")}>
      {i.actions
        .filter((a) => !(inVerdicts.includes(a.action) && can(i, "reject")))
        .map((a) => (
          <button type="button" key={a.action} data-action={a.action} class={a.action === "taken" ? "ack" : ""} onClick={() => begin(a)}>
            {t(`action.${a.action}`)}
          </button>
        ))}
      {!whole && <a href={`/incident/${i.id}`}>{t("details")}</a>}
      {i.actions.length === 0 && <p class="fine">{t("actions.none")}</p>}
    </div>
  );
}

function Facts({ incident: i }: { incident: Incident }) {
  const facts: [string, string | undefined][] = [
    [t("col.number"), i.number],
    [t("col.state"), t(`state.${i.state}`)],
    [t("box"), [i.site, i.box, i.device].filter(Boolean).join(" / ")],
    [t("since"), time(i.since)],
    [t("first"), time(i.first_at)],
    [t("last"), time(i.last_at)],
    [t("received"), time(i.first_seen_at)],
    [t("score"), i.score ? `${Math.round(i.score * 100)} %` : ""],
    [t("field.unit"), i.unit],
    [t("field.handling_unit"), i.handling_unit],
    [t("role.handler"), i.handler],
    [t("field.verdict"), i.verdict && t(`verdict.${i.verdict}`)],
  ];
  return (
    <dl>
      {facts
        .filter(([, v]) => v)
        .map(([k, v]) => (
          <div key={k}>
            <dt>{k}</dt>
            <dd>{v}</dd>
          </div>
        ))}
    </dl>
  );
}
