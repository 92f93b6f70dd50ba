import { useEffect, useState } from "preact/hooks";
import type { Problem } from "../api";
import { usePath } from "../router";
import { useKeys } from "../keys";
import { store, useStore } from "../store";
import { t } from "../text";
import { type Area, areaKinds, called, draw, isDown, type Item, move, plan as load, type Plan, type Point, sort } from "./data";
import { Drawing } from "./drawing";
import { snapped, useMoves, withMoves } from "./edit";
import { layout } from "./layout";
import { href, label, Mark, state } from "./marks";

const again = 10_000;
const kinds = ["area", "building", "shop", "spot", "camera", "sensor", "box"];

// View is the plan of a place, by ?place=: compounds as cards, the drawing, and the
// same things as a list, so that it works without the picture.
export function View() {
  const path = new URLSearchParams(usePath().split("?")[1]).get("place") ?? "";
  const [plan, setPlan] = useState<Plan>();
  const [fault, setFault] = useState("");
  const [round, setRound] = useState(0);
  const [editing, setEditing] = useState(false);
  const { link } = useStore();
  useEffect(() => setPlan(undefined), [path]);
  useEffect(() => {
    if (editing) return; // nothing moves under the hand
    const get = () => load(path).then((p) => (setPlan(p), setFault("")), (e) => setFault((e as Error).message));
    void get();
    const timer = setInterval(get, again);
    return () => clearInterval(timer);
  }, [path, round, editing, link]);
  if (!plan) return <main class="view planview"><p class={fault ? "note fault" : "note"} aria-busy={!fault}>{fault ? t("failed", { why: fault }) : t("loading")} {fault && <button type="button" onClick={() => setRound(round + 1)}>{t("retry")}</button>}</p></main>;
  return (
    <main class="view planview">
      <nav class="crumbs" aria-label={t("plan.cards")}>
        {plan.around.map((a) => (
          <a key={a.path} href={`/plan?place=${encodeURIComponent(a.path)}`}>{called(a)}</a>
        ))}
      </nav>
      <h1>{t("plan.of", { name: called(plan) })}</h1>
      {fault && <p class="fault" role="alert">{t("failed", { why: fault })} {t("camera.old")}</p>}
      {plan.areas.length > 0 && !editing && <Cards areas={plan.areas} />}
      {plan.place === "" ? <p class="note">{t("plan.none")}</p> : editing ? <Edit plan={plan} setPlan={setPlan} done={() => setEditing(false)} /> : <Look plan={plan} edit={() => setEditing(true)} />}
    </main>
  );
}

function Cards({ areas }: { areas: Area[] }) {
  const worst = (a: Area) => a.open.findIndex((n) => n > 0) + 1;
  const sorted = [...areas].sort((a, b) => (worst(a) || 9) - (worst(b) || 9) || b.down - a.down || a.path.localeCompare(b.path));
  return (
    <ul class="cards" aria-label={t("plan.cards")}>
      {sorted.map((a) => (
        <li key={a.path}>
          <a href={`/plan?place=${encodeURIComponent(a.path)}`} class={worst(a) ? `level${worst(a)}` : ""}>
            <b>{called(a)} {worst(a) > 0 && <span>▲ {t(`level.${worst(a)}`)} {a.open[worst(a) - 1]}</span>}</b>
            <small>{t("plan.card", { cameras: a.cameras, down: a.down, shops: a.shops })}</small>
            <small>{worst(a) ? a.open.map((n, l) => (n ? `${t(`level.${l + 1}`)} ${n}` : "")).filter(Boolean).join(" · ") : t("plan.quiet")}</small>
          </a>
        </li>
      ))}
    </ul>
  );
}

// crowded is how many things are too many to show at once: then only what needs somebody
// is there at first, within the areas.
const crowded = 60;

// named says whether an item's name is written on the drawing: of many, only the large.
const named = (i: Item, many: boolean) => !many || sort(i) === "area" || !!i.level;

function Look({ plan, edit }: { plan: Plan; edit(): void }) {
  const [hidden, hide] = useState<string[]>([]);
  const [only, setOnly] = useState(plan.items.length > crowded);
  const l = layout(plan);
  const there = kinds.filter((k) => plan.items.some((i) => sort(i) === k));
  const shown = plan.items.filter((i) => !hidden.includes(sort(i)) && (!only || sort(i) === "area" || i.level || isDown(i)));
  const listed = [...shown].sort((a, b) => (a.level ?? 9) - (b.level ?? 9) || Number(isDown(b)) - Number(isDown(a)));
  return (
    <>
      <div class="planbar" role="group" aria-label={t("plan.filter")}>
        {there.map((k) => (
          <label key={k}>
            <input type="checkbox" checked={!hidden.includes(k)} onChange={() => hide(hidden.includes(k) ? hidden.filter((x) => x !== k) : [...hidden, k])} /> {t(`plan.kind.${k}`)}
          </label>
        ))}
        <label><input type="checkbox" checked={only} onChange={(e) => setOnly(e.currentTarget.checked)} /> {t("plan.only")}</label>
        {plan.edit && <button type="button" data-do="edit" onClick={edit}>{t("plan.edit")}</button>}
      </div>
      <div class="planboth">
        <Drawing plan={plan} layout={l} label={t("plan.of", { name: called(plan) })}>
          {(scale) => inOrder(shown).map((i) => l.at.has(i.code) && <Mark key={i.code} item={i} at={l.at.get(i.code)!} scale={scale} name={named(i, shown.length > crowded)} faint={false} />)}
        </Drawing>
        <section class="planitems" aria-labelledby="planitems">
          <h2 id="planitems">{t("plan.items")}</h2>
          {listed.length === 0 && <p class="fine">{t("plan.empty")}</p>}
          <ul>
            {listed.map((i) => {
              const to = href(i);
              const words = <><b>{called(i)}</b> <small>{t(`plan.kind.${sort(i)}`)} · {state(i)}</small></>;
              const look = `${i.level ? `level${i.level}` : ""}${isDown(i) ? " down" : ""}`;
              return <li key={i.code}>{to ? <a class={look} href={to}>{words}</a> : <span class={look}>{words}</span>}</li>;
            })}
          </ul>
        </section>
      </div>
    </>
  );
}

// inOrder draws what is large first, so that what hangs on it lies above.
const inOrder = (items: Item[]) => [...items].sort((a, b) => kinds.indexOf(sort(a)) - kinds.indexOf(sort(b)));

function Edit({ plan, setPlan, done }: { plan: Plan; setPlan(p: Plan): void; done(): void }) {
  const m = useMoves();
  const [held, hold] = useState("");
  const [over, setOver] = useState<Point>(); // where the held thing is dragged
  const [fault, setFault] = useState("");
  const [stale, setStale] = useState(false);
  const now = withMoves(plan, m.moves);
  const l = layout(now);
  const things = now.items.filter((i) => !plan.image || !areaKinds.includes(i.kind) || i.at);
  const off = now.items.filter((i) => !l.at.has(i.code));
  useKeys({ KeyZ: m.undo, KeyY: m.redo });
  const run = async (work: () => Promise<Plan>) => {
    try {
      setPlan(await work());
      setFault("");
      return true;
    } catch (e) {
      if ((e as Problem).status === 412) setStale(true);
      else setFault((e as Error).message);
      return false;
    }
  };
  const save = async () => (await run(() => move(plan, m.moves))) && m.clear();
  const reload = async () => (await run(() => load(plan.place))) && setStale(false);
  const key = (i: Item) => (e: KeyboardEvent) => {
    const by = e.shiftKey ? 1 : 5;
    const step = ({ ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] } as Record<string, Point>)[e.code];
    const at = l.at.get(i.code)!;
    if (step) m.put(i.code, snapped([at[0] + step[0], at[1] + step[1]], l, true));
    else if (e.code === "Delete") m.put(i.code, null);
    else return;
    e.preventDefault();
  };
  const drop = () => {
    if (held && over) m.put(held, snapped(over, l, false));
    setOver(undefined);
    hold("");
  };
  const dirty = Object.keys(m.moves).length > 0;
  return (
    <>
      <div class="planbar" role="group" aria-label={t("plan.edit")}>
        <button type="button" data-do="undo" disabled={!m.canUndo} onClick={m.undo}>{t("zones.undo")} <kbd>Z</kbd></button>
        <button type="button" data-do="redo" disabled={!m.canRedo} onClick={m.redo}>{t("zones.redo")} <kbd>Y</kbd></button>
        <button type="button" class="ack" data-do="save" disabled={!dirty} onClick={save}>{t("plan.save")}</button>
        <button type="button" data-do="done" onClick={done}>{t("plan.done")}</button>
        <label>{t("plan.image")} <input type="file" name="image" accept="image/png,image/jpeg" onChange={(e) => e.currentTarget.files?.[0] && run(() => draw(plan, e.currentTarget.files![0]))} /></label>
        {plan.image && <button type="button" data-do="unimage" onClick={() => run(() => draw(plan))}>{t("plan.image.remove")}</button>}
        <span role="status" data-placed>{t("plan.placed", { n: now.items.length - off.length, of: now.items.length })}</span>
      </div>
      <p class="fine">{t("plan.how")}</p>
      {fault && <p class="fault" role="alert">{fault}</p>}
      {stale && <p class="conflict" role="alert">{t("plan.conflict")} <button type="button" onClick={reload}>{t("plan.again")}</button></p>}
      {store.link === "off" && <p class="fault">{t("live.off")}</p>}
      <div class="planboth">
        <Drawing plan={now} layout={l} label={t("plan.of", { name: called(plan) })} move={(at) => held && setOver(at)} up={drop}>
          {(scale) =>
            inOrder(things).map((i) => {
              const at = i.code === held && over ? over : l.at.get(i.code);
              return at && <Mark key={i.code} item={i} at={at} scale={scale} name={named(i, things.length > crowded)} faint={false} held={i.code === held} edit={{ down: () => hold(i.code), key: key(i) }} />;
            })
          }
        </Drawing>
        <section class="planitems unplaced" aria-labelledby="unplaced">
          <h2 id="unplaced">{t("plan.unplaced")} ({off.length})</h2>
          <ul>
            {off.map((i) => (
              <li key={i.code}><span>{label(i)} <button type="button" data-put={i.code} onClick={() => m.put(i.code, [0.5, 0.5])}>{t("plan.put")}</button></span></li>
            ))}
          </ul>
        </section>
      </div>
    </>
  );
}
