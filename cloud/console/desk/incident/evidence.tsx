import { useState } from "preact/hooks";
import { useKeys } from "../keys";
import { Picture } from "../picture";
import { may } from "../store";
import { t } from "../text";
import type { Incident } from "../wire";
import { Clip } from "./clip";
import { LiveTab } from "./live";

type Shown = "picture" | "clip" | "live";

// Evidence is what the camera saw: the picture, and the film from before it began.
export function Evidence({ incident: i }: { incident: Incident }) {
  const [shown, show] = useState<Shown>("picture");
  const [boxes, setBoxes] = useState(true);
  useKeys({ KeyB: () => setBoxes(!boxes), KeyL: () => i.device && may("video.see") && show("live"), Space: () => i.clip && show("clip") });
  if (i.hidden || (!i.snapshot && !may("picture.see"))) return <p class="fine">{t("evidence.right")}</p>;
  if (!i.snapshot && !i.clip) return i.device ? <p class="fine">{t("picture.none")}</p> : null;
  return (
    <div class="evidence">
      <div class="modes" role="group" aria-label={t("evidence")}>
        <button type="button" aria-pressed={shown === "picture"} onClick={() => show("picture")}>
          {t("picture")}
        </button>
        <button type="button" data-show="clip" aria-pressed={shown === "clip"} disabled={!i.clip} onClick={() => show("clip")} title={i.clip ? "" : t("clip.none")}>
          {t("clip")}
        </button>
        {i.device && may("video.see") && (
          <button type="button" data-show="live" aria-pressed={shown === "live"} onClick={() => show("live")}>
            {t("watch")}
          </button>
        )}
        {shown === "picture" && (
          <button type="button" aria-pressed={boxes} onClick={() => setBoxes(!boxes)}>
            {t("boxes")}
          </button>
        )}
      </div>
      {shown === "live" ? <LiveTab incident={i} /> : shown === "clip" && i.clip ? <Clip key={i.clip} incident={i} /> : <Picture incident={i} large boxes={boxes} />}
    </div>
  );
}
