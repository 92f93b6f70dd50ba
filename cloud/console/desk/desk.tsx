import { useCallback, useEffect, useMemo, useRef, useState } from "preact/hooks";
import * as api from "./api";
import { Detail } from "./detail";
import { follow } from "./feed";
import { keys } from "./keys";
import { Row } from "./row";
import { applied, byUrgency, learn, newer } from "./state";
import { type Lang, lang, load, t } from "./text";
import { type Allowed, type Change, type Command, type Incident, type Me, states, type Tab, tabOf, verdicts } from "./wire";

type Link = "wait" | "on" | "off";

const tabs: Tab[] = ["todo", "handling", "ended"];

// Desk is the page: the feed on the left, one incident on the right.
export function Desk({ user }: { user: Me }) {
  const [all, setAll] = useState(new Map<string, Incident>());
  const [ready, setReady] = useState(false);
  const [fault, setFault] = useState("");
  const [link, setLink] = useState<Link>("wait");
  const [tab, setTab] = useState<Tab>("todo");
  const [chosen, setChosen] = useState(asked);
  const [asking, setAsking] = useState<Allowed>();
  const [said, setSaid] = useState("");
  const [now, setNow] = useState(Date.now());
  const [, setLang] = useState(lang);
  const fresh = useFresh(all, ready);
  const [round, setRound] = useState(0);

  useEffect(() => connect(tab, setAll, setReady, setFault, setLink), [round, tab]);
  useEffect(() => {
    const tick = window.setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(tick);
  }, []);
  useEffect(() => {
    if (asked) api.get(asked).then((i) => setAll((m) => newer(m, i)), () => setChosen(""));
  }, []);

  const rows = useMemo(() => [...all.values()].filter((i) => tabOf(i) === tab).sort(byUrgency), [all, tab]);
  const current = all.get(chosen);
  useDisplayed(rows, user.csrf);

  const act = useCallback(async (i: Incident, action: string, command: Command) => {
    setAsking(undefined);
    try {
      const after = await api.act(user.csrf, i, action, command);
      setAll((m) => newer(m, after));
      setSaid("");
    } catch (e) {
      const p = e as api.Problem;
      if (p.incident) {
        const i = p.incident;
        setAll((m) => newer(m, i));
        setSaid(t("conflict"));
      } else if (p.roles) setSaid(`${p.message} (${t("forbidden", { roles: p.roles.map((r) => t(`role.${r}`)).join(", ") })})`);
      else setSaid(t("failed", { why: p.message }));
    }
  }, []);
  const choose = (id: string) => {
    setChosen(id);
    setAsking(undefined);
  };
  const may = (i: Incident | undefined, action: string) => i?.actions.some((a) => a.action === action);

  keys({
    move: (step) => {
      const at = rows.findIndex((i) => i.id === chosen);
      const next = rows[Math.min(Math.max(at + step, 0), rows.length - 1)];
      if (next) choose(next.id);
    },
    enter: () => current && may(current, "taken") && act(current, "taken", {}),
    verdict: (n) => {
      if (!current) return;
      const yes = ["alarm", "confirm"].find((a) => may(current, a));
      if (n === 1 && yes) act(current, yes, {});
      else if (n > 1 && may(current, "reject")) act(current, "reject", { verdict: verdicts[n - 1] });
    },
    open: () => current && location.assign(`/incidents/${current.id}`),
    escape: () => (asking ? setAsking(undefined) : choose("")),
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
        {tabs.map((name) => (
          <button type="button" key={name} data-tab={name} aria-pressed={tab === name} onClick={() => setTab(name)}>
            {t(`filter.${name}`)}
          </button>
        ))}
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
          {ready && rows.length === 0 && <li class="note">{t(`empty.${tab}`)}</li>}
          {rows.map((i) => (
            <Row key={i.id} incident={i} chosen={i.id === chosen} now={now} choose={() => choose(i.id)} take={() => act(i, "taken", {})} />
          ))}
        </ul>
        {current ? (
          <Detail
            key={current.id}
            incident={current}
            now={now}
            csrf={user.csrf}
            asking={asking && may(current, asking.action) ? asking : undefined}
            ask={setAsking}
            act={(action, command) => act(current, action, command)}
            back={() => choose("")}
          />
        ) : (
          <section class="detail none">{t("choose")}</section>
        )}
      </main>
    </div>
  );
}

// asked is the incident that the address names.
const asked = new URLSearchParams(location.search).get("incident") ?? "";

// useDisplayed tells which incidents were on a screen that somebody could see.
function useDisplayed(rows: Incident[], csrf: string) {
  const told = useRef(new Set<string>());
  useEffect(() => {
    if (document.visibilityState !== "visible") return;
    const ids = rows.map((i) => i.id).filter((id) => !told.current.has(id)).slice(0, 50);
    if (ids.length === 0) return;
    const wait = window.setTimeout(() => {
      for (const id of ids) told.current.add(id);
      api.displayed(csrf, ids).catch(() => {
        for (const id of ids) told.current.delete(id);
      });
    }, 500);
    return () => clearTimeout(wait);
  }, [rows]);
}

// connect loads the incidents and follows the feed from where they stand.
function connect(
  tab: Tab,
  setAll: (f: (m: Map<string, Incident>) => Map<string, Incident>) => void,
  setReady: (on: boolean) => void,
  setFault: (why: string) => void,
  setLink: (l: Link) => void,
): () => void {
  let stop = () => {};
  let over = false;
  let waiting: Change[] = [];
  const start = async (anew: boolean) => {
    try {
      const [page, names] = await Promise.all([api.list(states[tab]), api.cameras()]);
      if (over) return;
      learn(names);
      setAll((m) => page.incidents.reduce(newer, anew ? new Map() : m));
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
        reset: () => start(true),
      });
    } catch (e) {
      setFault(String((e as Error).message));
    }
  };
  setLink("wait");
  start(false);
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
      <a href="/tasks">{t("office")}</a>
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
