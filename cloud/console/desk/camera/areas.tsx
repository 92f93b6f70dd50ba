import { t } from "../text";
import { type Area, type Draft, isZone, stands, type Use, uses } from "./draft";
import { area as share } from "./shape";

interface Props {
  draft: Draft;
  push(d: Draft): void;
  chosen: number;
  choose(id: number): void;
  draw(use: Use): void;
  locked: boolean;
}

// Areas is the list of what is drawn: the same as the picture, in words.
export function Areas({ draft, push, chosen, choose, draw, locked }: Props) {
  const set = (id: number, more: Partial<Area>) => push({ ...draft, areas: draft.areas.map((a) => (a.id === id ? { ...a, ...more } : a)) });
  const remove = (id: number) => push({ ...draft, areas: draft.areas.filter((a) => a.id !== id) });
  return (
    <section class="areas" aria-labelledby="areas">
      <h2 id="areas">{t("zones")}</h2>
      {!locked && (
        <div class="tools" role="group" aria-label={t("zones.add")}>
          {uses.map((u) => (
            <button type="button" key={u} class={`use ${u}`} data-draw={u} onClick={() => draw(u)}>
              + {t(`use.${u}`)}
            </button>
          ))}
        </div>
      )}
      {draft.areas.length === 0 && <p class="fine">{t("zones.none")}</p>}
      <ul>
        {draft.areas.map((a) => (
          <li key={a.id} class={a.id === chosen ? "chosen" : ""}>
            <button type="button" class={`use ${a.use}`} aria-expanded={a.id === chosen} data-area={a.name || a.use} onClick={() => choose(a.id === chosen ? 0 : a.id)}>
              <b>{a.name || t(`use.${a.use}`)}</b> {a.name && t(`use.${a.use}`)}{" "}
              <small>{t("zones.facts", { n: a.points.length, share: (share(a.points) * 100).toFixed(1) })}</small>
            </button>
            {a.id === chosen && a.fixed && <p class="fine">{t("zones.fixed")}</p>}
            {a.id === chosen && !a.fixed && <Rule area={a} locked={locked} set={(more) => set(a.id, more)} remove={() => remove(a.id)} />}
          </li>
        ))}
      </ul>
    </section>
  );
}

// Rule is what holds in one area.
function Rule({ area: a, locked, set, remove }: { area: Area; locked: boolean; set(more: Partial<Area>): void; remove(): void }) {
  const text = (name: "name" | "dwell" | "hours" | "schedule", hint: string, max: number) => (
    <label>
      {t(`zones.${name}`)}
      <input name={name} value={a[name]} placeholder={hint} maxLength={max} disabled={locked} onChange={(e) => set({ [name]: e.currentTarget.value.trim() })} />
    </label>
  );
  return (
    <fieldset class="rule" disabled={locked}>
      <legend class="hidden">{a.name || t(`use.${a.use}`)}</legend>
      {isZone(a.use) && (
        <>
          {text("name", "east-gate", 48)}
          <label>
            {t("zones.use")}
            <select name="use" value={a.use} onChange={(e) => set({ use: e.currentTarget.value as Use })}>
              {uses.filter(isZone).map((u) => (
                <option key={u} value={u}>
                  {t(`use.${u}`)}
                </option>
              ))}
            </select>
          </label>
          {stands(a.use) && text("dwell", "3m", 20)}
          {stands(a.use) && text("hours", "07:00-09:00 10m", 400)}
          {stands(a.use) && (
            <label>
              {t("zones.only")}
              <select name="only" value={a.only} onChange={(e) => set({ only: e.currentTarget.value })}>
                <option value="">{t("zones.only.all")}</option>
                <option value="vehicle">{t("zones.only.vehicle")}</option>
              </select>
            </label>
          )}
          {text("schedule", "22:00-06:00", 200)}
          <label>
            {t("zones.min_score")}
            <input name="min_score" type="number" min={0} max={0.99} step={0.05} value={a.min_score} onChange={(e) => set({ min_score: Number(e.currentTarget.value) })} />
          </label>
        </>
      )}
      {!isZone(a.use) && <p class="fine">{t(`zones.about.${a.use}`)}</p>}
      {!locked && (
        <button type="button" data-remove={a.name || a.use} onClick={remove}>
          {t("zones.remove")}
        </button>
      )}
    </fieldset>
  );
}

// Tuning are the detectors' own settings, as the box tells them.
export function Tuning({ draft, push, locked }: { draft: Draft; push(d: Draft): void; locked: boolean }) {
  const set = (kind: string, name: string, v: boolean | number | string) => push({ ...draft, detect: { ...draft.detect, [kind]: { ...draft.detect[kind], [name]: v } } });
  return (
    <details class="tuning">
      <summary>{t("tune")}</summary>
      {Object.entries(draft.detect).map(([kind, fields]) => (
        <fieldset key={kind} disabled={locked}>
          <legend>{t(`tune.${kind}`)}</legend>
          {Object.entries(fields).map(([name, v]) => (
            <label key={name}>
              {t(`tune.${name}`)}
              {typeof v === "boolean" ? (
                <input type="checkbox" name={`${kind}.${name}`} checked={v} onChange={(e) => set(kind, name, e.currentTarget.checked)} />
              ) : typeof v === "number" ? (
                <input type="number" name={`${kind}.${name}`} min={0.0001} max={0.5} step="any" value={v} onChange={(e) => set(kind, name, Number(e.currentTarget.value))} />
              ) : (
                <input name={`${kind}.${name}`} maxLength={20} value={v} onChange={(e) => set(kind, name, e.currentTarget.value.trim())} />
              )}
            </label>
          ))}
        </fieldset>
      ))}
    </details>
  );
}
