import { useState } from "preact/hooks";
import { act, can } from "../actions";
import { Clock } from "../clock";
import { Picture } from "../picture";
import { camera, kind, place } from "../state";
import { useKeys } from "../keys";
import { store, useStore } from "../store";
import { note, t, time } from "../text";
import { type Allowed, type Incident, tabOf, verdicts } from "../wire";
import { ActionForm } from "./action";

interface Props {
  incident: Incident;
  back(): void;
}

// Panel is everything about one incident, and what may be done with it: the buttons
// are the actions that the table allows this person, and no others. It stands beside
// the feed and is the incident's own page.
export function Panel({ incident: i, back }: Props) {
  const { now } = useStore();
  const [open, ask] = useState<Allowed>();
  useKeys({
    ...Object.fromEntries(verdicts.map((verdict, n) => [`Digit${n + 1}`, () => judge(i, verdict)])),
  });
  const asking = i.actions.find((a) => a.action === open?.action);
  const facts: [string, string | undefined][] = [
    [t("col.number"), i.number],
    [t("col.state"), t(`state.${i.state}`)],
    [t("col.place"), place(i)],
    [t("camera"), camera(i)],
    [t("box"), [i.site, i.box, i.device].filter(Boolean).join(" / ")],
    [t("zone"), i.zone],
    [t("sources"), (i.discoveries ?? []).map((d) => t(`source.${d.source}`)).join(", ")],
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
    <section class="detail" aria-label={kind(i)}>
      <header class={`level${i.level}`}>
        <button type="button" class="back" onClick={back} aria-label={t("cancel")}>
          ←
        </button>
        <h2>
          {kind(i)} {note(i.note)}
        </h2>
        <Clock incident={i} now={now} />
        <span>{i.active ? t("active") : t("over")}</span>
      </header>
      {i.snapshot && <Picture incident={i} large />}
      {i.class.startsWith("fire.") && tabOf(i) === "todo" && <p class="suspected">{t("suspected")}</p>}
      {i.about_person && <p class="fault">{t("person")}</p>}
      {i.text && <blockquote>{i.text}</blockquote>}
      <footer>
        {i.taken_by && tabOf(i) !== "ended" && <span>{t("taken", { name: i.handler || i.taken_by })}</span>}
        {i.actions.map((a) => (
          <button
            type="button"
            key={a.action}
            data-action={a.action}
            class={a.action === "alarm" || a.action === "taken" ? "ack" : ""}
            onClick={() => (a.needs.length ? ask(a) : act(i, a.action, {}))}
          >
            {t(`action.${a.action}`)}
          </button>
        ))}
        <a href={`/incident/${i.id}`}>{t("details")}</a>
      </footer>
      {asking && (
        <ActionForm
          key={asking.action}
          incident={i}
          action={asking}
          csrf={store.user.csrf}
          done={(c) => act(i, asking.action, c).then((ok) => ok && ask(undefined))}
          cancel={() => ask(undefined)}
        />
      )}
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
    </section>
  );
}

// judge says what an alert turned out to be: true, so somebody handles it, or why not.
function judge(i: Incident, verdict: string): void {
  const yes = ["alarm", "confirm"].find((a) => can(i, a));
  if (verdict === "genuine" && yes) void act(i, yes, {});
  else if (verdict !== "genuine" && can(i, "reject")) void act(i, "reject", { verdict });
}
