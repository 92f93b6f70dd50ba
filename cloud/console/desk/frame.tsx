import { useEffect, useState } from "preact/hooks";
import { usePath } from "./router";
import { may, store, useStore } from "./store";
import { lang, load, t } from "./text";
import { find, type Shown, type View, views } from "./views";

// Frame is what all views of the desk stand in.
export function Frame() {
  const s = useStore();
  const path = usePath().split("?")[0];
  const found = find(path);
  return (
    <div class="desk">
      <Top here={found?.view.name ?? ""} />
      {s.said && (
        <p class="said" role="status">
          {s.said}
        </p>
      )}
      {found ? <Outlet key={found.view.name} view={found.view} params={found.params} /> : <p class="note">{t("nowhere")}</p>}
    </div>
  );
}

// Outlet shows a view, once its script is here.
function Outlet({ view, params }: { view: View; params: string[] }) {
  const [loaded, setLoaded] = useState<{ view?: Shown; fault?: string }>({ view: view.view });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (view.view) return;
    setLoaded({});
    view.load?.().then(
      (m) => setLoaded({ view: m.View }),
      (e) => setLoaded({ fault: String((e as Error).message) }),
    );
  }, [view, round]);
  const V = loaded.view;
  if (V) return <V params={params} />;
  return (
    <main class="view">
      {loaded.fault ? (
        <p class="note fault">
          {t("failed", { why: loaded.fault })}{" "}
          <button type="button" onClick={() => setRound(round + 1)}>
            {t("retry")}
          </button>
        </p>
      ) : (
        <p class="note">{t("loading")}</p>
      )}
    </main>
  );
}

function Top({ here }: { here: string }) {
  const { link, user } = store;
  return (
    <header class="top">
      <h1>{t("title")}</h1>
      <nav aria-label={t("nav")}>
        {views
          .filter((v) => v.href && (!v.right || may(v.right)))
          .map((v) => (
            <a key={v.name} href={v.href} aria-current={v.name === here ? "page" : undefined}>
              {t(`nav.${v.name}`)}
            </a>
          ))}
        <a href="/tasks">{t("office")}</a>
      </nav>
      <span class={`link ${link}`} role="status">
        {t(`live.${link}`)}
      </span>
      <Theme />
      <Language />
      <form method="post" action="/logout">
        <input type="hidden" name="csrf" value={user.csrf} />
        <button type="submit">
          {user.name} · {t("logout")}
        </button>
      </form>
    </header>
  );
}

function Theme() {
  const flip = () => {
    const root = document.documentElement;
    root.dataset.theme = root.dataset.theme === "light" ? "dark" : "light";
    localStorage.setItem("theme", root.dataset.theme);
  };
  return (
    <button type="button" class="theme" onClick={flip}>
      {t("theme")}
    </button>
  );
}

function Language() {
  const other = lang === "en" ? "zh-CN" : "en";
  return (
    <button type="button" class="lang" lang={other} onClick={() => load(other)}>
      {t("lang.other")}
    </button>
  );
}
