import { useEffect, useState } from "preact/hooks";
import * as api from "./api";
import { useKeys } from "./keys";
import { Live } from "./live";
import { Reason, said } from "./live/reason";
import { go } from "./router";
import { may } from "./store";
import { t } from "./text";

const sizes = [1, 4, 9, 16];

// View is the wall: many cameras at once, page by page. The reason is asked for once
// and written down for each camera.
export function View() {
  const [names, setNames] = useState<Record<string, string>>();
  const [fault, setFault] = useState("");
  const [round, setRound] = useState(0);
  const [given, setGiven] = useState(said());
  const [size, setSize] = useState(Number(localStorage.getItem("wall")) || 4);
  const [page, setPage] = useState(0);
  const [at, setAt] = useState(0);
  useEffect(() => {
    setFault("");
    api.cameras().then(setNames, (e) => setFault((e as Error).message));
  }, [round]);
  const all = Object.entries(names ?? {}).sort(([a, an], [b, bn]) => an.localeCompare(bn) || a.localeCompare(b));
  const pages = Math.max(1, Math.ceil(all.length / size));
  const here = all.slice(page * size, (page + 1) * size);
  const grow = (n: number) => {
    localStorage.setItem("wall", String(n));
    setSize(n);
    setPage(0);
    setAt(0);
  };
  const turn = (by: number) => {
    setPage((page + by + pages) % pages);
    setAt(0);
  };
  const move = (by: number) => setAt(Math.min(Math.max(at + by, 0), here.length - 1));
  const across = Math.sqrt(size);
  useKeys({
    Digit1: () => grow(1), Digit2: () => grow(4), Digit3: () => grow(9), Digit4: () => grow(16),
    PageDown: () => turn(1), PageUp: () => turn(-1),
    ArrowLeft: () => move(-1), ArrowRight: () => move(1), KeyK: () => move(-across), KeyJ: () => move(across),
    Enter: () => here[at] && go(`/camera/${here[at][0]}`),
  });
  if (!may("video.see")) return <main class="view"><p class="note">{t("watch.right")}</p></main>;
  return (
    <main class="view wall">
      <h2 class="hidden">{t("nav.wall")}</h2>
      {fault && (
        <p class="note fault">
          {t("failed", { why: fault })}{" "}
          <button type="button" onClick={() => setRound(round + 1)}>
            {t("retry")}
          </button>
        </p>
      )}
      {!names && !fault && <p class="note" aria-busy="true">{t("loading")}</p>}
      {names && !all.length && <p class="note">{t("wall.none")}</p>}
      {names && !!all.length && !given && <Reason done={setGiven} />}
      {given && !!all.length && (
        <>
          <div class="bar" role="group" aria-label={t("wall.size")}>
            {sizes.map((n) => (
              <button key={n} type="button" aria-pressed={n === size} onClick={() => grow(n)}>
                {n}
              </button>
            ))}
            {pages > 1 && (
              <>
                <button type="button" onClick={() => turn(-1)}>
                  {t("wall.before")}
                </button>
                <span>{t("wall.page", { n: page + 1, of: pages })}</span>
                <button type="button" onClick={() => turn(1)}>
                  {t("wall.next")}
                </button>
              </>
            )}
          </div>
          <ul class="tiles" style={{ "--across": across }}>
            {here.map(([camera, name], n) => (
              <li key={camera} class={n === at ? "at" : ""} aria-current={n === at ? "true" : undefined}>
                <a href={`/camera/${camera}`} onFocus={() => setAt(n)}>
                  {name || camera}
                </a>
                <Live camera={camera} name={name} given={given} />
              </li>
            ))}
          </ul>
        </>
      )}
    </main>
  );
}
