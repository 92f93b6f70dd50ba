import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { t } from "../text";
import { called, type Plan, type Point } from "./data";
import { type Layout, round } from "./layout";

interface Props {
  plan: Plan;
  layout: Layout;
  label: string;
  children(scale: number): ComponentChildren;
  move?(at: Point): void; // of the pointer, in units of the drawing
  up?(): void;
}

interface Sight {
  x: number; // left top of what is seen
  y: number;
  k: number; // how much nearer than the whole
}

const whole: Sight = { x: 0, y: 0, k: 1 };

// A Drawing is a plan's picture, or the schematic that stands for it, to be looked at
// from nearer. What is on it comes from outside.
export function Drawing({ plan, layout, label, children, move, up }: Props) {
  const svg = useRef<SVGSVGElement>(null);
  const [sight, setSight] = useState(whole);
  const drag = useRef<{ x: number; y: number; from: Sight } | undefined>(undefined);
  const { width: w, height: h } = layout;
  const fit = (s: Sight): Sight => ({ k: s.k, x: Math.min(w - w / s.k, Math.max(0, s.x)), y: Math.min(h - h / s.k, Math.max(0, s.y)) });
  const zoom = (by: number, at: Point = [sight.x + w / sight.k / 2, sight.y + h / sight.k / 2]) => {
    const k = Math.min(8, Math.max(1, sight.k * by));
    setSight(fit({ k, x: at[0] - ((at[0] - sight.x) * sight.k) / k, y: at[1] - ((at[1] - sight.y) * sight.k) / k }));
  };
  const where = (e: MouseEvent): Point => {
    const q = new DOMPoint(e.clientX, e.clientY).matrixTransform(svg.current!.getScreenCTM()!.inverse());
    return [q.x, q.y];
  };
  const metres = layout.metres && round(layout.metres / sight.k / 5);
  const length = layout.metres ? (metres / layout.metres) * w : 0;
  return (
    <div class="plandraw">
      <svg
        ref={svg}
        viewBox={`${sight.x} ${sight.y} ${w / sight.k} ${h / sight.k}`}
        role="group"
        aria-label={label}
        onWheel={(e) => {
          if (!e.ctrlKey && sight.k === 1 && e.deltaY > 0) return;
          e.preventDefault();
          zoom(e.deltaY < 0 ? 1.25 : 0.8, where(e));
        }}
        onPointerDown={(e) => {
          if ((e.target as Element).closest(".mark")) return;
          drag.current = { x: e.clientX, y: e.clientY, from: sight };
          svg.current!.setPointerCapture(e.pointerId);
        }}
        onPointerMove={(e) => {
          move?.(where(e));
          const d = drag.current;
          if (!d) return;
          const unit = w / sight.k / svg.current!.clientWidth;
          setSight(fit({ ...d.from, x: d.from.x - (e.clientX - d.x) * unit, y: d.from.y - (e.clientY - d.y) * unit }));
        }}
        onPointerUp={() => {
          drag.current = undefined;
          up?.();
        }}
      >
        {plan.image && <image href={`/evidence/${plan.image.sha256}?plan=${encodeURIComponent(plan.place)}`} width={w} height={h} aria-label={t("plan.image.alt", { name: called(plan) })} />}
        {children(1 / sight.k ** 0.75)}
        {length > 0 && (
          <g aria-hidden="true" transform={`translate(${sight.x + 16 / sight.k} ${sight.y + (h - 16) / sight.k}) scale(${1 / sight.k})`}>
            <path class="scalebar" d={`M0 0v-8M0-4h${length * sight.k}M${length * sight.k} 0v-8`} />
            <text class="scaleword" y={-12}>
              {t("plan.scale", { m: metres })} · ↑ {t("plan.north")}
            </text>
          </g>
        )}
      </svg>
      <div class="planbar">
        <button type="button" onClick={() => zoom(1.5)}>+ {t("plan.zoomin")}</button>
        <button type="button" onClick={() => zoom(1 / 1.5)}>− {t("plan.zoomout")}</button>
        <button type="button" onClick={() => setSight(whole)}>{t("plan.fit")}</button>
      </div>
    </div>
  );
}
