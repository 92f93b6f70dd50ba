import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { called } from "../state";
import { t } from "../text";
import { type Allowed, type Choice, type Command, type Incident, verdicts } from "../wire";

interface Props {
  incident: Incident;
  action: Allowed;
  csrf: string;
  gone: boolean; // it is not possible any more: what was typed stays to be copied
  done(command: Command): void;
  cancel(): void;
}

// An action's form asks for what the action needs, and no more. What the incident
// already says is filled in.
export function ActionForm({ incident: i, action, csrf, gone, done, cancel }: Props) {
  const [given, setGiven] = useState<Command>(() => start(i, action.needs));
  const [busy, setBusy] = useState(false);
  const [fault, setFault] = useState("");
  useEffect(() => document.querySelector<HTMLElement>(".action [name]")?.focus(), []);
  const set = (name: string, value: string | number | string[]) => setGiven((g) => ({ ...g, [name]: value }));
  const upload = async (file?: File) => {
    if (!file) return;
    setBusy(true);
    try {
      set("photos", [(await api.photo(csrf, file)).sha256]);
      setFault("");
    } catch (e) {
      setFault(String((e as Error).message));
    }
    setBusy(false);
  };
  const send = (e: Event) => {
    e.preventDefault();
    const command: Command = {};
    for (const [k, v] of Object.entries(given)) if (v !== "") command[k] = k === "until" ? new Date(String(v)).toISOString() : v;
    done(command);
  };
  return (
    <form class="action" aria-label={t(`action.${action.action}`)} onSubmit={send}>
      <strong>{t(`action.${action.action}`)}</strong>
      {action.needs.map((name) => (
        <Field key={name} name={name} action={action.action} incident={i} value={given[name] ?? ""} set={(v) => set(name, v)} upload={upload} note={(v) => set("no_photo", v)} />
      ))}
      {fault && <p class="fault">{fault}</p>}
      {gone && <p class="fault">{t("gone")}</p>}
      <div>
        <button type="submit" class="ack" disabled={busy || gone}>
          {t("do")}
        </button>
        <button type="button" onClick={cancel}>
          {t("cancel")}
        </button>
      </div>
    </form>
  );
}

function start(i: Incident, needs: string[]): Command {
  const known: Command = {
    class: i.class,
    unit: i.unit ?? "",
    handling_unit: i.handling_unit || i.unit || "",
    level: i.level,
    verdict: "harmless",
    step: "resolve",
    rating: 5,
    until: new Date(Date.now() + 86_400_000).toLocaleString("sv").slice(0, 16).replace(" ", "T"),
  };
  return Object.fromEntries(needs.filter((n) => n in known).map((n) => [n, known[n]]));
}

interface FieldProps {
  name: string;
  action: string;
  incident: Incident;
  value: string | number | string[];
  set(v: string | number): void;
  upload(f?: File): void;
  note(v: string): void;
}

function Field({ name, action, incident: i, value, set, upload, note }: FieldProps) {
  const label = t(`field.${name}`);
  const text = (e: { currentTarget: { value: string } }) => set(e.currentTarget.value);
  const number = (e: { currentTarget: { value: string } }) => set(Number(e.currentTarget.value));
  const select = (keys: (string | number)[], prefix: string, change = text) => (
    <select name={name} value={String(value)} onChange={change}>
      {keys.map((k) => (
        <option key={k} value={String(k)}>
          {t(`${prefix}.${k}`)}
        </option>
      ))}
    </select>
  );
  if (name === "until" && action === "shelve") return <label>{t("field.shelve")} <Aside set={set} /></label>;
  switch (name) {
    case "verdict":
      return <label>{label} {select(verdicts.slice(1), "verdict")}</label>;
    case "level":
      return <label>{label} {select([1, 2, 3, 4], "level", number)}</label>;
    case "step":
      return <label>{label} {select(["sign_in", "arrive", "resolve"], "step")}</label>;
    case "rating":
      return <label>{label} <input name={name} type="number" min={1} max={5} required value={String(value)} onInput={number} /></label>;
    case "until":
      return <label>{label} <input name={name} type="datetime-local" required value={String(value)} onInput={text} /></label>;
    case "class":
      return <label>{label} <Chooser name={name} load={api.classes} value={String(value)} set={set} /></label>;
    case "unit":
    case "handling_unit":
      return <label>{label} <Chooser name={name} load={api.organisations} value={String(value)} set={set} /></label>;
    case "photos":
      return (
        <>
          <label>{label} <input name={name} type="file" accept="image/jpeg,image/png" onChange={(e) => upload(e.currentTarget.files?.[0])} /></label>
          <label>{t("field.no_photo")} <input name="no_photo" maxLength={200} onInput={(e) => note(e.currentTarget.value)} /></label>
        </>
      );
    case "cause":
      return <label>{label} <input name={name} required={i.level < 3} maxLength={500} value={String(value)} onInput={text} /></label>;
  }
  return <label>{label} <input name={name} required maxLength={500} value={String(value)} onInput={text} /></label>;
}

// Aside asks for how long something is put aside: minutes, none of them for ever.
const aside = [15, 60, 240, 480];

function Aside({ set }: { set(v: string): void }) {
  const until = (minutes: number) => new Date(Date.now() + minutes * 60_000).toISOString();
  useEffect(() => set(until(aside[0])), []);
  return (
    <select name="until" onChange={(e) => set(until(Number(e.currentTarget.value)))}>
      {aside.map((n) => (
        <option key={n} value={n}>
          {n < 60 ? t("duration.m", { n }) : t("duration.h", { n: n / 60 })}
        </option>
      ))}
    </select>
  );
}

function Chooser({ name, load, value, set }: { name: string; load(): Promise<Choice[]>; value: string; set(v: string): void }) {
  const [choices, setChoices] = useState<Choice[]>([]);
  useEffect(() => {
    load().then(setChoices, () => {});
  }, []);
  return (
    <select name={name} required value={value} onChange={(e) => set(e.currentTarget.value)}>
      {!choices.some((c) => c.key === value) && <option value={value}>{value}</option>}
      {choices.map((c) => (
        <option key={c.key} value={c.key}>
          {called(c)}
        </option>
      ))}
    </select>
  );
}
