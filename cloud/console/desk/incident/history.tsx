import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { may } from "../store";
import { t, time } from "../text";
import type { Incident, Step } from "../wire";

// The six steps of the centre's work, with the moment at which each was done.
const steps: [name: string, done: (i: Incident) => string | undefined][] = [
  ["collected", (i) => i.first_seen_at],
  ["classified", (i) => i.classified_at],
  ["assessed", (i) => i.assessed_at],
  ["resolved", (i) => i.resolved_at],
  ["reviewed", (i) => i.reviewed_at],
  ["closed", (i) => i.closed_at],
];

// Steps show how far an incident is of the six.
export function Steps({ incident: i }: { incident: Incident }) {
  const at = i.closed_at ? -1 : steps.findIndex(([, done]) => !done(i));
  return (
    <ol class="steps" aria-label={t("six")}>
      {steps.map(([name, done], n) => {
        const when = done(i);
        return (
          <li key={name} class={when ? "done" : n === at ? "now" : ""} aria-current={n === at ? "step" : undefined}>
            <b>{t(`six.${name}`)}</b> <span>{when ? time(when) : "–"}</span>
          </li>
        );
      })}
    </ol>
  );
}

// History is every step with who and why. Reading it is a row in the register, so it is
// read when somebody opens it.
export function History({ incident: i, open: wanted }: { incident: Incident; open: boolean }) {
  const [open, setOpen] = useState(wanted);
  const [got, setGot] = useState<api.History>();
  const [fault, setFault] = useState("");
  useEffect(() => {
    if (open && may("incident.history")) api.history(i.id).then((h) => (setGot(h), setFault("")), (e) => setFault((e as Error).message));
  }, [open, i.version]);
  if (!may("incident.history")) return null;
  return (
    <details class="history" open={open} onToggle={(e) => setOpen(e.currentTarget.open)}>
      <summary>{t("history")}</summary>
      {fault && <p class="fault">{t("failed", { why: fault })}</p>}
      {!got && !fault && <p class="fine" aria-busy="true">{t("loading")}</p>}
      {got && (
        <>
          <p class={got.whole ? "good" : "fault"}>{got.whole ? t("chain.whole", { n: got.steps.length }) : t("chain.broken", { why: got.fault ?? "" })}</p>
          <ol>
            {[...got.steps].reverse().map((s) => (
              <Line key={s.seq} step={s} />
            ))}
          </ol>
        </>
      )}
    </details>
  );
}

function Line({ step: s }: { step: Step }) {
  const d = s.detail ?? {};
  const why = [
    s.reason,
    d.verdict && t(`verdict.${d.verdict}`),
    d.cause && (t(`cause.${d.cause}`) === `cause.${d.cause}` ? d.cause : t(`cause.${d.cause}`)),
    d.handling_unit,
    d.level && t(`level.${d.level}`),
    d.result,
    d.call_back,
  ].filter(Boolean);
  return (
    <li data-step={s.action}>
      <time dateTime={s.at}>{time(s.at)}</time>
      <b>{t(`action.${s.action}`)}</b>
      <span>
        {s.actor || t("role.system")}
        {s.actor && ` (${t(`role.${s.role}`)}${s.unit ? `, ${s.unit}` : ""})`}
        {why.length > 0 && `: ${why.join(" · ")}`}
      </span>
    </li>
  );
}
