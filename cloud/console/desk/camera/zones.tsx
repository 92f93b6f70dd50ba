import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { useKeys } from "../keys";
import { t, time } from "../text";
import { Areas, Tuning } from "./areas";
import * as data from "./data";
import { draftOf, settingsOf, slips, useHistory, type Use } from "./draft";
import { Editor } from "./editor";
import { Saved } from "./saved";
import { Boxes, Dots, Result } from "./trial";

interface Props {
  name: string; // site/box/camera
  detail: data.CameraDetail;
}

const undecided = ["waiting"]; // states that change by themselves
const askAgain = 2000;

// useZones keeps what is saved, and asks again while a box has not answered.
function useZones(name: string) {
  const [zones, setZones] = useState<data.Zones>();
  const [fault, setFault] = useState("");
  const [round, setRound] = useState(0);
  useEffect(() => {
    let timer = 0, over = false;
    const load = () =>
      data.zones(name).then(
        (z) => {
          if (over) return;
          setZones(z);
          setFault("");
          const v = z.versions[0];
          if (v && (undecided.includes(v.state) || (v.state === "done" && z.in_force && z.in_force.version < v.version))) timer = window.setTimeout(load, askAgain);
        },
        (e) => !over && setFault((e as Error).message),
      );
    void load();
    return () => {
      over = true;
      clearTimeout(timer);
    };
  }, [name, round]);
  return { zones, fault, again: () => setRound((n) => n + 1) };
}

// Zones draws and tunes what one camera looks for.
export function ZoneEditor({ name, detail }: Props) {
  const { zones, fault, again } = useZones(name);
  const h = useHistory();
  const [base, setBase] = useState<number>();
  const [still, setStill] = useState<data.Still>();
  const [trial, setTrial] = useState<{ of: unknown; result: data.Trial }>();
  const [chosen, choose] = useState(0);
  const [drawing, draw] = useState<Use>();
  const [dots, setDots] = useState(true);
  const [reason, setReason] = useState("");
  const [busy, setBusy] = useState("");
  const [said, setSaid] = useState("");
  const [conflict, setConflict] = useState(false);
  const locked = !detail.tune;

  const start = (z: data.Zones, s: data.Still | undefined) => {
    const saved = z.versions[0]?.settings ?? s?.told.settings;
    if (!saved) return;
    const file = s ? (s.told.file ?? (s.told.version ? {} : s.told.settings)) : {};
    h.begin(draftOf({ ...saved, detect: { ...s?.told.settings.detect, ...saved.detect } }, file));
    setBase(z.version);
    setConflict(false);
  };
  useEffect(() => {
    if (!zones) return;
    if (!still && zones.still) setStill(zones.still);
    if (!h.draft) start(zones, zones.still);
  }, [zones]);
  useKeys({ KeyZ: h.undo, KeyY: h.redo });

  const ask = async (what: string, work: () => Promise<void>) => {
    setBusy(what);
    setSaid("");
    try {
      await work();
    } catch (e) {
      const problem = e as api.Problem;
      if (problem.status === 412) {
        setConflict(true);
        again();
      } else setSaid(problem.message);
    }
    setBusy("");
  };
  const why = reason.trim();
  const shoot = () =>
    ask("still", async () => {
      const s = await data.preview(name, why);
      setStill(s);
      if (!h.draft && zones) start(zones, s);
    });
  const tryOn = () =>
    ask("try", async () => {
      const of = h.draft!;
      const p = await data.preview(name, why, settingsOf(of));
      setStill(p);
      if (p.trial) setTrial({ of, result: p.trial });
    });
  const save = (over: number) =>
    ask("save", async () => {
      const v = await data.save(name, over, settingsOf(h.draft!), why);
      setBase(v.version);
      setConflict(false);
      again();
    });

  if (!zones) return <p class="note" aria-busy={!fault}>{fault ? t("failed", { why: fault }) : t("loading")} {fault && <button type="button" onClick={again}>{t("retry")}</button>}</p>;
  const faults = h.draft ? slips(h.draft) : [];
  const stale = !!trial && trial.of !== h.draft;
  const ctrl = (e: KeyboardEvent) => {
    if (!(e.ctrlKey || e.metaKey) || (e.target as Element).closest("input, textarea")) return;
    if (e.code === "KeyZ" && !e.shiftKey) h.undo();
    else if (e.code === "KeyY" || e.code === "KeyZ") h.redo();
    else return;
    e.preventDefault();
  };
  return (
    <section class="zones" aria-labelledby="zones-title" onKeyDown={ctrl}>
      <h2 id="zones-title">{t("zones.title")}</h2>
      {!locked && (
        <div class="bar" role="group" aria-label={t("zones.tools")}>
          <label class="why">
            {t("zones.reason")}
            <input name="reason" value={reason} maxLength={500} placeholder={t("zones.reason.hint")} onInput={(e) => setReason(e.currentTarget.value)} />
          </label>
          <button type="button" data-do="still" disabled={!why || !!busy} onClick={shoot}>
            {t(busy === "still" ? "zones.asking" : "zones.still")}
          </button>
          <button type="button" data-do="undo" disabled={!h.canUndo} onClick={h.undo}>
            {t("zones.undo")} <kbd>Z</kbd>
          </button>
          <button type="button" data-do="redo" disabled={!h.canRedo} onClick={h.redo}>
            {t("zones.redo")} <kbd>Y</kbd>
          </button>
          <button type="button" data-do="try" disabled={!why || !h.draft || faults.length > 0 || !!busy} onClick={tryOn}>
            {t(busy === "try" ? "zones.asking" : "zones.try")}
          </button>
          <button type="button" class="ack" data-do="save" disabled={!why || !h.changed || faults.length > 0 || !!busy} onClick={() => save(base!)}>
            {t("zones.save", { n: (base ?? 0) + 1 })}
          </button>
        </div>
      )}
      {locked && <p class="fine">{t("zones.locked")}</p>}
      {said && <p class="fault" role="alert">{said}</p>}
      {faults.map((f) => (
        <p class="fault" key={f.area.id + f.key}>{t(f.key, { name: f.area.name })}</p>
      ))}
      {conflict && zones.versions[0] && (
        <p class="conflict" role="alert">
          {t("zones.conflict", { who: zones.versions[0].who, n: zones.version })}{" "}
          <button type="button" data-do="theirs" onClick={() => start(zones, still)}>{t("zones.theirs")}</button>{" "}
          <button type="button" data-do="mine" onClick={() => save(zones.version)}>{t("zones.mine")}</button>
        </p>
      )}
      <div class="desk-zones">
        <div>
          {h.draft && still ? (
            <>
              <Editor
                width={still.width}
                height={still.height}
                draft={h.draft}
                push={h.push}
                chosen={chosen}
                choose={choose}
                drawing={drawing}
                drawn={() => draw(undefined)}
                locked={locked}
                over={(px) => (
                  <>
                    {dots && <Dots dots={detail.recent} px={px} />}
                    {trial && <Boxes cases={trial.result.cases ?? []} px={px} />}
                  </>
                )}
              >
                <StillPicture key={still.sha256} name={name} still={still} />
              </Editor>
              <p class="fine">
                {t("zones.still.at", { at: time(still.at) })}{" "}
                <label class="tick-inline">
                  <input type="checkbox" checked={dots} onChange={(e) => setDots(e.currentTarget.checked)} /> {t("zones.dots", { n: detail.recent.filter((d) => d.box).length })}
                </label>
              </p>
              {drawing && <p class="hint" role="status">{t("zones.how")}</p>}
            </>
          ) : (
            <p class="note">{t(locked ? "zones.nostill" : "zones.first")}</p>
          )}
          {trial && <Result trial={trial.result} stale={stale} />}
        </div>
        <div>
          {h.draft && <Areas draft={h.draft} push={h.push} chosen={chosen} choose={choose} draw={draw} locked={locked} />}
          {h.draft && <Tuning draft={h.draft} push={h.push} locked={locked} />}
          <Saved zones={zones} />
        </div>
      </div>
    </section>
  );
}

// A still travels after its answer: until it has come it is asked for again.
function StillPicture({ name, still }: { name: string; still: data.Still }) {
  const [tries, setTries] = useState(0);
  const [here, setHere] = useState(false);
  const again = () => window.setTimeout(() => setTries(tries + 1), Math.min(500 * 2 ** tries, 10_000));
  return (
    <>
      <img
        key={tries}
        class={here ? "" : "wait"}
        src={`/evidence/${still.sha256}?camera=${name}${tries ? `&try=${tries}` : ""}`}
        alt={t("zones.picture", { name })}
        draggable={false}
        onLoad={() => setHere(true)}
        onError={again}
      />
      {!here && <span class="wait">{t("picture.wait")}</span>}
    </>
  );
}
