import { flooded, load } from "./feed/flood";
import { state as sound, test, turn, unblock } from "./sound/player";
import { may, say, useStore } from "./store";
import { lang, load as speak, t, time } from "./text";
import { views } from "./views";

// Top tells how the desk is, and leads to its views. On a phone its pages are at the
// bottom, under the thumb.
export function Top({ here, help }: { here: string; help(): void }) {
  const s = useStore();
  const n = load();
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
      <span class={flooded() ? "load flood" : "load"} title={t("load.about")}>
        {t("load", { n })}
      </span>
      {s.skew !== 0 && (
        <span class="skew" role="status" title={t("skew.about")}>
          {t("skew", { n: Math.round(s.skew / 1000) })}
        </span>
      )}
      <Armed />
      <SoundState />
      <span class={`link ${s.link}`} role="status">
        {s.link === "off" && s.lostAt ? t("live.since", { at: time(new Date(s.lostAt).toISOString()) }) : t(`live.${s.link}`)}
      </span>
      <details class="drop me">
        <summary aria-label={s.user.person || s.user.name}>{s.user.person || s.user.name}</summary>
        <div>
          <Theme />
          <button type="button" onClick={help}>
            {t("keys")} ?
          </button>
          <form method="post" action="/logout">
            <input type="hidden" name="csrf" value={s.user.csrf} />
            <button type="submit">
              {s.user.name} · {t("logout")}
            </button>
          </form>
        </div>
      </details>
      <Language />
    </header>
  );
}

// Armed tells whether an alarm reaches somebody, at this desk or another.
function Armed() {
  const { watch } = useStore();
  if (!may("incident.see")) return null;
  if (!watch) return <span class="armed">{t("armed.unknown")}</span>;
  const who = watch.desks.map((d) => `${d.who}: ${d.armed ? "✓" : t(d.visible ? `armed.${d.sound}` : "armed.hidden")}`).join("\n");
  return (
    <span class={watch.armed ? "armed on" : "armed off"} title={who} role="status">
      {watch.armed ? t("armed", { n: watch.armed }) : t("armed.none")}
    </span>
  );
}

// SoundState is one large button while sound is blocked; else it tells and tests.
function SoundState() {
  const is = sound();
  if (is === "blocked")
    return (
      <button type="button" class="sound blocked" onClick={() => void unblock()} title={t("sound.why")}>
        {t("sound.blocked")}
      </button>
    );
  return (
    <details class={`drop sound ${is}`}>
      <summary>{t(`sound.${is}`)}</summary>
      <div>
        <button type="button" class="selftest" onClick={() => test().then((ok) => say(t(ok ? "sound.tested" : "sound.dead")))} disabled={is === "off"}>
          {t("sound.test")}
        </button>
        <button type="button" onClick={() => turn(is === "off")}>
          {t(is === "off" ? "sound.turn.on" : "sound.turn.off")}
        </button>
      </div>
    </details>
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
    <button type="button" class="lang" lang={other} onClick={() => speak(other)}>
      {t("lang.other")}
    </button>
  );
}
