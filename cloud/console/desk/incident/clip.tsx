import { useEffect, useRef, useState } from "preact/hooks";
import { useKeys } from "../keys";
import { t } from "../text";
import type { Incident } from "../wire";

// How soon a film that is on its way is asked for again, in milliseconds, and the
// length of one picture in seconds for stepping.
const again = 4000;
const step = 1 / 15;

type State = "wait" | "plays" | "late" | "codec";

// Clip plays the film of an incident, from before it began. It travels after its event:
// until it is here that is said. What this browser cannot decode is said too.
export function Clip({ incident: i }: { incident: Incident }) {
  const video = useRef<HTMLVideoElement>(null);
  const [state, setState] = useState<State>("wait");
  const [tries, setTries] = useState(0);
  const src = `/evidence/${i.clip}?incident=${i.id}`;
  useKeys({
    Space: () => video.current && void (video.current.paused ? video.current.play() : video.current.pause()),
    ArrowLeft: () => seek(-5),
    ArrowRight: () => seek(5),
    "Shift+Comma": () => seek(-step),
    "Shift+Period": () => seek(step),
  });
  const seek = (by: number) => {
    if (video.current) video.current.currentTime = Math.max(0, video.current.currentTime + by);
  };
  // A player does not say why it failed: whether the film is there does.
  const failed = () =>
    fetch(src, { method: "HEAD" }).then(
      (r) => setState(r.ok ? "codec" : "late"),
      () => setState("late"),
    );
  useEffect(() => {
    if (state !== "late") return;
    const timer = setTimeout(() => {
      setTries(tries + 1);
      setState("wait");
    }, again);
    return () => clearTimeout(timer);
  }, [state]);
  return (
    <div class="clip" data-clip={state}>
      {state !== "codec" && (
        <video ref={video} key={tries} src={src} controls muted playsInline autoPlay preload="auto" aria-label={t("clip")} onPlaying={() => setState("plays")} onError={failed} />
      )}
      {state === "late" && <p class="fine">{t("clip.late")}</p>}
      {state === "codec" && (
        <p class="fault">
          {t("clip.codec")}{" "}
          <a href={src} download={`${i.number}.mp4`}>
            {t("clip.save")}
          </a>
        </p>
      )}
      <p class="fine">{t("clip.about")}</p>
    </div>
  );
}
