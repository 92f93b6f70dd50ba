import { useEffect, useState } from "preact/hooks";
import { useStore } from "../store";
import { age, t } from "../text";
import * as data from "./data";
import { share, stateWord, tone } from "./facts";

const again = 15_000;

// View lists all cameras, the worst first.
export function View() {
  const { now } = useStore();
  const [list, setList] = useState<data.CameraState[]>();
  const [fault, setFault] = useState("");
  const [round, setRound] = useState(0);
  const [text, setText] = useState("");
  useEffect(() => {
    const load = () => data.states().then((l) => (setList(l), setFault("")), (e) => setFault((e as Error).message));
    void load();
    const timer = setInterval(load, again);
    return () => clearInterval(timer);
  }, [round]);
  const wanted = text.trim().toLowerCase();
  const shown = list?.filter((c) => `${c.called} ${data.nameOf(c)} ${c.place_zh} ${stateWord(c.state)}`.toLowerCase().includes(wanted));
  const up = list?.filter((c) => c.state === "online").length ?? 0;
  return (
    <main class="view camerasview">
      <h1>{t("nav.cameras")}</h1>
      <p class="fine" role="status">{list && t("cameras.up", { up, of: list.length })}</p>
      {fault && (
        <p class="fault" role="alert">
          {t("failed", { why: fault })} <button type="button" onClick={() => setRound(round + 1)}>{t("retry")}</button>
        </p>
      )}
      {!list && !fault && <p class="note" aria-busy="true">{t("loading")}</p>}
      {list?.length === 0 && <p class="note">{t("cameras.none")}</p>}
      {list && list.length > 0 && (
        <label class="find">{t("cameras.find")} <input type="search" value={text} onInput={(e) => setText(e.currentTarget.value)} /></label>
      )}
      <ul class="cameras">
        {shown?.map((c) => (
          <li key={data.nameOf(c)}>
            <a href={`/camera/${data.nameOf(c)}`} class={tone(c.state)}>
              <strong>{c.called || c.camera}</strong>
              <span>{c.place_zh || c.place}</span>
              <span class="word">{stateWord(c.state)}{c.reason ? ` · ${c.reason}` : ""}{c.since && c.state !== "online" ? ` · ${age(c.since, now)}` : ""}</span>
              <span>{t("cameras.share", { share: c.share === null ? "–" : `${(100 * c.share).toFixed(1)} %` })}</span>
              <span>{t("precision.7")}: {share(c.precision["7"])}</span>
              {c.open > 0 && <span class={`level level${c.level}`}>{t("cameras.open", { n: c.open })}</span>}
            </a>
          </li>
        ))}
      </ul>
    </main>
  );
}
