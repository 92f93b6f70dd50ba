import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../text";
import type { Point } from "./data";
import { type Area, type Draft, newArea, type Use } from "./draft";
import { crossing, inserted, middle, moved, shifted, within, without } from "./shape";

interface Props {
  width: number; // of the picture, in its own pixels
  height: number;
  draft: Draft;
  push(d: Draft): void;
  chosen: number; // an area's id
  choose(id: number): void;
  drawing?: Use; // what is being drawn
  drawn(): void;
  locked: boolean; // may be looked at only
  children: ComponentChildren; // the picture
  over?(px: (p: Point) => Point): ComponentChildren; // what else is drawn over it
}

// How near a pointer must be, in CSS pixels: a finger is wider than an arrow.
const reach = () => (matchMedia("(pointer: coarse)").matches ? 24 : 12);
const hold = 600; // ms of holding a point that take it away

interface Drag {
  area: Area;
  points: Point[]; // as they were
  n: number; // the point that is held; -1 is all of them
  from: Point;
  moved: boolean;
}

// An Editor draws areas on a picture, with mouse, finger or keyboard. What crosses
// itself is shown and not taken.
export function Editor(p: Props) {
  const frame = useRef<HTMLDivElement>(null);
  const [size, setSize] = useState<Point>([1, 1]);
  const [pending, setPending] = useState<Point[]>([]);
  const [cursor, setCursor] = useState<Point>([0.5, 0.5]);
  const [drag, setDrag] = useState<Drag>();
  const [bad, setBad] = useState<Point>();
  const timer = useRef(0);
  useEffect(() => {
    const box = frame.current!;
    const seen = new ResizeObserver(() => setSize([box.clientWidth || 1, box.clientHeight || 1]));
    seen.observe(box);
    return () => seen.disconnect();
  }, []);
  useLayoutEffect(() => { // before the first click can come
    setPending([]);
    setBad(undefined);
    if (p.drawing) frame.current?.querySelector("svg")?.focus();
  }, [p.drawing]);

  const px = ([x, y]: Point): Point => [x * size[0], y * size[1]];
  const list = (points: Point[]) => points.map((q) => px(q).join()).join(" ");
  const near = (a: Point, b: Point) => Math.hypot(px(a)[0] - px(b)[0], px(a)[1] - px(b)[1]) <= reach();
  const at = (e: PointerEvent): Point => {
    const r = frame.current!.getBoundingClientRect();
    return within([(e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height]);
  };
  const put = (id: number, points: Point[]) => p.push({ ...p.draft, areas: p.draft.areas.map((a) => (a.id === id ? { ...a, points } : a)) });

  // set takes an outline unless it crosses itself, and shows where it does.
  const set = (id: number, points: Point[]): boolean => {
    const where = crossing(points);
    setBad(where);
    if (!where) put(id, points);
    return !where;
  };
  const add = (q: Point) => {
    if (pending.length >= 3 && near(q, pending[0])) return close();
    const where = crossing([...pending, q], true);
    setBad(where);
    if (!where) setPending([...pending, q]);
  };
  const close = () => {
    if (pending.length < 3 || !p.drawing) return;
    const where = crossing(pending);
    setBad(where);
    if (where) return;
    const made = newArea(p.drawing, pending, p.draft.areas);
    p.push({ ...p.draft, areas: [...p.draft.areas, made] });
    p.choose(made.id);
    p.drawn();
  };
  const begin = (e: PointerEvent, area: Area, n: number, points = area.points) => {
    if (p.locked || area.fixed || p.drawing) return;
    e.stopPropagation();
    e.preventDefault();
    frame.current!.querySelector("svg")!.setPointerCapture(e.pointerId);
    setBad(undefined);
    setDrag({ area, points, n, from: at(e), moved: points !== area.points });
    clearTimeout(timer.current);
    if (e.pointerType !== "mouse" && n >= 0 && points.length > 3)
      timer.current = window.setTimeout(() => {
        setDrag((d) => (d?.moved ? d : undefined));
        set(area.id, without(area.points, n));
      }, hold);
  };
  const held = (q: Point, d: Drag) => (d.n < 0 ? shifted(d.points, q[0] - d.from[0], q[1] - d.from[1]) : moved(d.points, d.n, q));
  const move = (e: PointerEvent) => {
    const q = at(e);
    setCursor(q);
    if (!drag) return;
    if (!drag.moved && near(q, drag.from) && Math.hypot(px(q)[0] - px(drag.from)[0], px(q)[1] - px(drag.from)[1]) < 3) return;
    clearTimeout(timer.current);
    setBad(crossing(held(q, drag)));
    setDrag({ ...drag, moved: true });
  };
  const end = (e: PointerEvent) => {
    clearTimeout(timer.current);
    if (!drag) return;
    if (drag.moved) set(drag.area.id, held(at(e), drag));
    setDrag(undefined);
  };
  const keys = (e: KeyboardEvent) => {
    if (!p.drawing || e.ctrlKey || e.metaKey || e.altKey) return;
    const step = arrow(e);
    if (step) setCursor(within([cursor[0] + step[0] * 4, cursor[1] + step[1] * 4]));
    else if (e.code === "Space") add(cursor);
    else if (e.code === "Enter") close();
    else if (e.code === "Escape") p.drawn();
    else if (e.code === "Backspace" || e.code === "Delete") setPending(pending.slice(0, -1));
    else return;
    e.preventDefault();
  };

  const shown = (a: Area) => (drag?.area.id === a.id && drag.moved ? held(cursor, drag) : a.points);
  const now = p.draft.areas.find((a) => a.id === p.chosen);
  return (
    <div class="editor" ref={frame} style={{ aspectRatio: `${p.width} / ${p.height}` }}>
      {p.children}
      <svg
        viewBox={`0 0 ${size[0]} ${size[1]}`}
        class={p.drawing ? "drawing" : ""}
        tabindex={0}
        role="application"
        aria-label={t(p.drawing ? "zones.canvas.draw" : "zones.canvas")}
        onPointerDown={(e) => (p.drawing ? add(at(e)) : p.choose(0))}
        onPointerMove={move}
        onPointerUp={end}
        onPointerCancel={() => setDrag(undefined)}
        onKeyDown={keys}
      >
        {p.draft.areas.map((a) => (
          <polygon
            key={a.id}
            points={list(shown(a))}
            class={`area ${a.use}${a.id === p.chosen ? " chosen" : ""}`}
            onPointerDown={(e) => {
              if (p.drawing) return;
              e.stopPropagation();
              if (a.id === p.chosen) begin(e, a, -1);
              else p.choose(a.id);
            }}
          />
        ))}
        {p.draft.areas.filter((a) => a.name).map((a) => {
          const [x, y] = px(middle(shown(a)));
          return <text key={a.id} x={x} y={y} class="name">{a.name}</text>;
        })}
        {p.over?.(px)}
        {now && !now.fixed && !p.locked && !p.drawing && (
          <Points area={now} points={shown(now)} px={px} begin={begin} set={(points) => set(now.id, points)} />
        )}
        {p.drawing && <Pending points={pending} cursor={cursor} px={px} use={p.drawing} />}
        {bad && <Crossing at={px(bad)} />}
      </svg>
      {bad && <p class="crossed" role="alert">{t("zones.crossing")}</p>}
    </div>
  );
}

// arrow is the step of an arrow key: half a percent, with Shift a tenth of that.
function arrow(e: KeyboardEvent): Point | undefined {
  const by = e.shiftKey ? 0.0005 : 0.005;
  return ({ ArrowLeft: [-by, 0], ArrowRight: [by, 0], ArrowUp: [0, -by], ArrowDown: [0, by] } as Record<string, Point>)[e.code];
}

interface Handles {
  area: Area;
  points: Point[];
  px(p: Point): Point;
  begin(e: PointerEvent, area: Area, n: number, points?: Point[]): void;
  set(points: Point[]): void;
}

// Points are the points and sides of the chosen area: what is taken hold of.
function Points({ area, points, px, begin, set }: Handles) {
  const key = (e: KeyboardEvent, n: number) => {
    if (e.ctrlKey || e.metaKey || e.altKey) return;
    const step = arrow(e);
    const next = points[(n + 1) % points.length];
    if (step) set(moved(points, n, [points[n][0] + step[0], points[n][1] + step[1]]));
    else if ((e.code === "Delete" || e.code === "Backspace") && points.length > 3) set(without(points, n));
    else if (e.code === "Insert" || e.code === "KeyI") set(inserted(points, n, middle([points[n], next])));
    else return;
    e.preventDefault();
  };
  return (
    <>
      {points.map((q, n) => {
        const [x1, y1] = px(q), [x2, y2] = px(points[(n + 1) % points.length]);
        return (
          <line
            key={`side${n}`}
            class="side"
            x1={x1}
            y1={y1}
            x2={x2}
            y2={y2}
            stroke-width={reach()}
            onPointerDown={(e) => {
              const r = (e.currentTarget as Element).closest(".editor")!.getBoundingClientRect();
              begin(e, area, n + 1, inserted(points, n, [(e.clientX - r.left) / r.width, (e.clientY - r.top) / r.height]));
            }}
          />
        );
      })}
      {points.map((q, n) => {
        const [x, y] = px(q);
        return (
          <g key={n}>
            <circle class="dot" cx={x} cy={y} r={6} />
            <circle
              class="grip"
              cx={x}
              cy={y}
              r={reach()}
              tabindex={0}
              role="button"
              aria-label={t("zones.point", { n: n + 1, of: points.length, x: Math.round(q[0] * 100), y: Math.round(q[1] * 100) })}
              onPointerDown={(e) => {
                (e.currentTarget as unknown as HTMLElement).focus();
                begin(e, area, n);
              }}
              onKeyDown={(e) => key(e, n)}
            />
          </g>
        );
      })}
    </>
  );
}

// Pending is an outline that is not closed yet; it follows the pointer.
function Pending({ points, cursor, px, use }: { points: Point[]; cursor: Point; px(p: Point): Point; use: Use }) {
  const [x, y] = px(cursor);
  return (
    <g class={`pending ${use}`}>
      <polyline points={[...points, cursor].map((q) => px(q).join()).join(" ")} />
      {points.map((q, n) => (
        <circle key={n} class={n === 0 ? "dot first" : "dot"} cx={px(q)[0]} cy={px(q)[1]} r={6} />
      ))}
      <path class="hair" d={`M${x - 10} ${y}h20M${x} ${y - 10}v20`} />
    </g>
  );
}

function Crossing({ at: [x, y] }: { at: Point }) {
  return (
    <g class="crossing" aria-hidden="true">
      <circle cx={x} cy={y} r={14} />
      <path d={`M${x - 7} ${y - 7}l14 14M${x + 7} ${y - 7}l-14 14`} />
    </g>
  );
}
