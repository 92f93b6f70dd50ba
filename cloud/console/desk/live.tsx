import { useEffect, useRef, useState } from "preact/hooks";
import { Player, type Asked, type Shown } from "./live/player";
import { Reason, said } from "./live/reason";
import { may } from "./store";
import { t } from "./text";

// How old a picture may be, in seconds, before its age is amber, and before it is no
// live picture any more.
const fresh = 1;
const frozen = 3;

// How long a picture that nobody can see goes on, in milliseconds.
const unseen = 5000;

// Live shows a camera, "site/box/camera", as it is now. It asks for a reason, unless it
// was given one; about is the reason that is offered.
export function Live({ camera, name, about, given }: { camera: string; name?: string; about?: string; given?: Asked }) {
  const [asked, setAsked] = useState(given);
  if (!may("video.see")) return <p class="fine">{t("watch.right")}</p>;
  const why = given ?? asked;
  if (!why) return <Reason about={about} done={setAsked} />;
  return <Screen key={camera} camera={camera} name={name ?? camera} asked={why} again={() => setAsked(undefined)} />;
}

const nothing: Shown = { phase: "waits", notice: "", detail: "", age: NaN, still: "" };

function Screen({ camera, name, asked, again }: { camera: string; name: string; asked: Asked; again(): void }) {
  const box = useRef<HTMLDivElement>(null);
  const video = useRef<HTMLVideoElement>(null);
  const [shown, show] = useState(nothing);
  const seen = useSeen(box);
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (!seen || !video.current) return;
    const player = new Player(camera, asked, video.current, show);
    return () => {
      player.close();
      show(nothing);
    };
  }, [camera, asked, seen, round]);
  const cold = shown.age > frozen;
  const sees = shown.phase === "plays" || shown.phase === "stills";
  return (
    <div ref={box} class={cold ? "live cold" : "live"} data-live={shown.phase} data-camera={camera}>
      <video ref={video} hidden={!!shown.still} muted playsInline autoPlay disablePictureInPicture aria-label={t("watch.of", { name })} />
      {shown.still && <img src={shown.still} alt={t("watch.of", { name })} />}
      {sees && !Number.isNaN(shown.age) && (
        <span class={`age ${cold ? "old" : shown.age > fresh ? "late" : "now"}`}>{t("watch.age", { n: shown.age.toFixed(1) })}</span>
      )}
      {sees && cold && (
        <p class="veil" role="status">
          {t("watch.frozen", { n: Math.floor(shown.age) })}
        </p>
      )}
      {!sees && shown.phase !== "stopped" && !shown.notice && <p class="words">{t(seen ? "watch.waits" : "watch.hidden")}</p>}
      {shown.notice && (
        <p class="words" role="status">
          {t(`watch.${shown.notice}`)}
          {shown.detail && <small> {shown.detail}</small>}
        </p>
      )}
      {shown.phase === "stopped" && (
        <button type="button" class="words" onClick={() => (shown.notice === "reason" ? again() : setRound(round + 1))}>
          {t("retry")}
        </button>
      )}
    </div>
  );
}

// useSeen is false once an element could not be seen for a while: its page is hidden, or
// it is scrolled away.
function useSeen(of: { current: HTMLElement | null }): boolean {
  const [seen, setSeen] = useState(true);
  useEffect(() => {
    let onScreen = true;
    let timer = 0;
    const judge = () => {
      clearTimeout(timer);
      if (onScreen && document.visibilityState === "visible") setSeen(true);
      else timer = window.setTimeout(() => setSeen(false), unseen);
    };
    const eye = new IntersectionObserver((all) => {
      onScreen = all[all.length - 1].isIntersecting;
      judge();
    });
    if (of.current) eye.observe(of.current);
    document.addEventListener("visibilitychange", judge);
    return () => {
      clearTimeout(timer);
      eye.disconnect();
      document.removeEventListener("visibilitychange", judge);
    };
  }, []);
  return seen;
}
