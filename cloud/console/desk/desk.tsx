import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "./api";
import { Detail } from "./detail";
import { follow } from "./feed";
import { keys } from "./keys";
import { Row } from "./row";
import { applied, byUrgency, learn, newer } from "./state";
import { type Lang, lang, load, t } from "./text";
import { type Change, type Incident, type Me, done, judged, toDo } from "./wire";

type Link = "wait" | "on" | "off";

// Desk is the page: the feed on the left, one incident on the right.
export function Desk({ user }: { user: Me }) {
  const [all, setAll] = useState(new Map<string, Incident>());
  const [ready, setReady] = useState(false);
  const [fault, setFault] = useState("");
  const [link, setLink] = useState<Link>("wait");
  const [closed, setClosed] = useState(false);
  const [chosen, setChosen] = useState("");
  const [closing, setClosing] = useState(false);
  const [said, setSaid] = useState("");
  const [now, setNow] = useState(Date.now());
  const [, setLang] = useState(lang);
  const fresh = useFresh(all, ready);
  const [round, setRound] = useState(0);

  useEffect(() => connect(closed, setAll, setReady, setFault, setLink), [round, closed]);
  useEffect(() => {
    const tick = window.setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(tick);
  }, []);

  const rows = useMemo(
    () => [...all.values()].filter((i) => judged(i) === closed).sort(byUrgency),
    [all, closed],
  );
  const current = all.get(chosen);

  const does = useCallback(async (work: Promise<Incident>) => {
    try {
      const i = await work;
      setAll((m) => newer(m, i));
      setSaid("");
    } catch (e) {
      if (e instanceof api.Problem && e.incident) {
        const i = e.incident;
        setAll((m) => newer(m, i));
        setSaid(t("conflict"));
      } else setSaid(t("failed", { why: String((e as Error).message) }));
    }
  }, []);
  const acknowledge = (i: Incident) => does(api.acknowledge(user.csrf, i));

  keys({
    move: (step) => {
      const at = rows.findIndex((i) => i.id === chosen);
      const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
      if (next) setChosen(next.id);
    },
    enter: () => current && !judged(current) && !current.taken_by && acknowledge(current),
    close: () => current && !judged(current) && setClosing(true),
    escape: () => (closing ? setClosing(false) : setChosen("")),
    help: () => setSaid(t("help")),
  });

  return (
    <div class={current ? "desk chosen" : "desk"}>
      <Top user={user} link={link} setLang={setLang} />
      {said && (
        <p class="said" role="status">
          {said}
        </p>
      )}
      <nav>
        <button type="button" aria-pressed={!closed} onClick={() => setClosed(false)}>
          {t("filter.open")}
        </button>
        <button type="button" aria-pressed={closed} onClick={() => setClosed(true)}>
          {t("filter.closed")}
        </button>
        {fresh.n > 0 && (
          <button type="button" class="fresh" onClick={fresh.show}>
            {t("fresh", { n: fresh.n })}
          </button>
        )}
      </nav>
      <main>
        <ul class="feed" aria-label={t("feed")} ref={fresh.list}>
          {!ready && !fault && <li class="note">{t("loading")}</li>}
          {fault && (
            <li class="note fault">
              {t("failed", { why: fault })}{" "}
              <button type="button" onClick={() => setRound(round + 1)}>
                {t("retry")}
              </button>
            </li>
          )}
          {ready && rows.length === 0 && <li class="note">{t(closed ? "empty.closed" : "empty.open")}</li>}
          {rows.map((i) => (
            <Row
              key={i.id}
              incident={i}
              chosen={i.id === chosen}
              now={now}
              choose={() => setChosen(i.id)}
              acknowledge={() => acknowledge(i)}
            />
          ))}
        </ul>
        {current ? (
          <Detail
            key={current.id}
            incident={current}
            closing={closing}
            setClosing={setClosing}
            acknowledge={() => acknowledge(current)}
            close={(v, why) => {
              setClosing(false);
              does(api.close(user.csrf, current, v, why));
            }}
            back={() => setChosen("")}
          />
        ) : (
          <section class="detail none">{t("choose")}</section>
        )}
      </main>
    </div>
  );
}

// connect loads the incidents and follows the feed from where they stand.
function connect(
  closed: boolean,
  setAll: (f: (m: Map<string, Incident>) => Map<string, Incident>) => void,
  setReady: (on: boolean) => void,
  setFault: (why: string) => void,
  setLink: (l: Link) => void,
): () => void {
  let stop = () => {};
  let over = false;
  let waiting: Change[] = [];
  const start = async () => {
    try {
      const page = await api.list(closed ? done : toDo);
      if (over) return;
      learn(page.names);
      setAll(() => new Map(page.incidents.map((i) => [i.id, i])));
      setReady(true);
      setFault("");
      stop = follow(page.position, {
        change: (c) => {
          // What comes at once is drawn at once.
          if (waiting.push(c) === 1)
            requestAnimationFrame(() => {
              const batch = waiting;
              waiting = [];
              setAll((m) => applied(m, batch));
            });
        },
        live: (on) => setLink(on ? "on" : "off"),
        reset: start,
      });
    } catch (e) {
      setFault(String((e as Error).message));
    }
  };
  start();
  return () => {
    over = true;
    stop();
  };
}

// useFresh counts what came while the list was scrolled down: rows must not move
// under the hand without a word.
function useFresh(all: Map<string, Incident>, ready: boolean) {
  const list = useRef<HTMLUListElement>(null);
  const seen = useRef(0);
  const [n, setN] = useState(0);
  useEffect(() => {
    const atTop = (list.current?.scrollTop ?? 0) < 40;
    if (!ready || atTop) {
      seen.current = all.size;
      setN(0);
    } else setN(Math.max(0, all.size - seen.current));
  }, [all, ready]);
  const show = () => {
    list.current?.scrollTo({ top: 0 });
    seen.current = all.size;
    setN(0);
  };
  return { list, n, show };
}

function Top({ user, link, setLang }: { user: Me; link: Link; setLang(l: Lang): void }) {
  const other = lang === "en" ? "zh-CN" : "en";
  const theme = () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "light" ? "dark" : "light";
  };
  return (
    <header class="top">
      <h1>{t("title")}</h1>
      <span class={`link ${link}`} role="status">
        {t(`live.${link}`)}
      </span>
      <button type="button" onClick={theme}>
        {t("theme")}
      </button>
      <button type="button" class="lang" onClick={() => load(other).then(() => setLang(other))}>
        {other === "en" ? "EN" : "ZH"}
      </button>
      <form method="post" action="/logout">
        <input type="hidden" name="csrf" value={user.csrf} />
        <button type="submit">
          {user.name} · {t("logout")}
        </button>
      </form>
    </header>
  );
}
