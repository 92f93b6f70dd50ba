import { useEffect, useState } from "preact/hooks";
import * as api from "./api";
import type { Incident } from "./wire";
import { kind, place } from "./state";
import { t } from "./text";

// A Picture shows what was seen, with the place marked.
export function Picture({ incident: i, large, boxes = true }: { incident: Incident; large?: boolean; boxes?: boolean }) {
  if (!i.snapshot) return <div class="picture none">{large ? t("picture.none") : ""}</div>;
  return <Snapshot key={i.snapshot} incident={i} large={large} boxes={boxes} />;
}

// A picture travels after its event: until it has come it is asked for again.
function Snapshot({ incident: i, large, boxes }: { incident: Incident; large?: boolean; boxes: boolean }) {
  const [tries, setTries] = useState(0);
  const [here, setHere] = useState(false);
  const again = () => window.setTimeout(() => setTries(tries + 1), Math.min(500 * 2 ** tries, 15_000));
  return (
    <div class={here ? "picture" : "picture wait"}>
      <img
        key={tries}
        src={`/evidence/${i.snapshot}?incident=${i.id}${tries ? `&try=${tries}` : ""}`}
        alt={t("picture.alt", { kind: kind(i), place: place(i) })}
        onLoad={() => setHere(true)}
        onError={again}
      />
      {here && boxes && (
        <svg viewBox="0 0 1 1" preserveAspectRatio="none" aria-hidden="true">
          {large && <ZoneOf incident={i} />}
          {i.area && <rect x={i.area[0]} y={i.area[1]} width={i.area[2]} height={i.area[3]} />}
        </svg>
      )}
      {!here && <span>{t("picture.wait")}</span>}
    </div>
  );
}

// ZoneOf draws the zone that an incident is in, as its camera has it now.
function ZoneOf({ incident: i }: { incident: Incident }) {
  const [points, setPoints] = useState<[number, number][]>();
  useEffect(() => {
    if (i.zone && i.device) api.outline(i.site!, i.box!, i.device, i.zone).then(setPoints, () => {});
  }, [i.zone, i.device]);
  return points ? <polygon points={points.map((p) => p.join()).join(" ")} /> : null;
}
