import { useState } from "preact/hooks";
import { may } from "../store";
import { t, time } from "../text";
import * as data from "./data";

// Lessons are what false alarms have taught a camera. The box keeps them, so it is
// asked, and what is shown is what it answered; so is that it has forgotten.
export function Lessons({ name }: { name: string }) {
  const [got, setGot] = useState<data.Lesson[]>();
  const [busy, setBusy] = useState(false);
  const [sure, setSure] = useState(false);
  const [said, setSaid] = useState("");
  const [fault, setFault] = useState("");
  if (!may("camera.tune")) return null;
  const ask = async (command: "lessons" | "forget") => {
    setBusy(true), setFault(""), setSaid(""), setSure(false);
    try {
      const c = await data.order<{ lessons: data.Lesson[] }>(name, command);
      if (c.state !== "done") setFault(c.problem || t(`lessons.${c.state}`));
      else {
        setGot(c.data?.lessons ?? []);
        if (command === "forget") setSaid(t("lessons.forgotten"));
      }
    } catch (e) {
      setFault((e as Error).message);
    }
    setBusy(false);
  };
  return (
    <section class="lessons" aria-labelledby="lessons" aria-busy={busy}>
      <h2 id="lessons">{t("lessons")}</h2>
      <p class="fine">{t("lessons.about")}</p>
      {got?.length === 0 && !said && <p>{t("lessons.none")}</p>}
      {got && got.length > 0 && (
        <ul class="recent">
          {got.map((l) => (
            <li key={l.episode} data-lesson={l.episode}>
              <a href={`/incident/${l.episode}`}>{t(`kind.${l.kind}`)}</a> · <time dateTime={l.at}>{time(l.at)}</time> · {l.by} · {t(l.kind.startsWith("fire.visual") ? "lessons.fire" : "lessons.size")}
            </li>
          ))}
        </ul>
      )}
      <p role="status">{busy ? t("lessons.asking") : said}</p>
      {fault && <p class="fault" role="alert">{t("failed", { why: fault })}</p>}
      <p class="modes">
        <button type="button" data-do="lessons" disabled={busy} onClick={() => void ask("lessons")}>
          {t(got ? "lessons.again" : "lessons.show")}
        </button>
        {got && got.length > 0 && !sure && (
          <button type="button" data-do="forget" disabled={busy} onClick={() => setSure(true)}>
            {t("lessons.forget")}
          </button>
        )}
        {sure && (
          <>
            <span>{t("lessons.sure")}</span>
            <button type="button" data-do="sure" disabled={busy} onClick={() => void ask("forget")}>
              {t("lessons.yes")}
            </button>
            <button type="button" onClick={() => setSure(false)}>
              {t("cancel")}
            </button>
          </>
        )}
      </p>
    </section>
  );
}
