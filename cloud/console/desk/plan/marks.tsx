import type { ComponentChildren } from "preact";
import { stateWord } from "../camera/facts";
import { go } from "../router";
import { t } from "../text";
import { called, isDown, type Item, type Point, sort } from "./data";

// href is where an item leads: to its gravest incident, its camera's page, its plan.
export function href(i: Item): string {
  if (i.incidents?.length) return `/incident/${i.incidents[0].id}`;
  if (i.camera) return `/camera/${i.camera}`;
  if (sort(i) === "area") return `/plan?place=${encodeURIComponent(i.path)}`;
  return "";
}

// state says in words how an item is.
export function state(i: Item): string {
  const words = [];
  if (i.level) words.push(`${t(`level.${i.level}`)} ×${i.incidents?.length ?? 1}`);
  if (i.state) words.push(stateWord(i.state) + (i.reason ? ` (${i.reason})` : ""));
  return words.join(", ") || t("plan.quietly");
}

export const label = (i: Item) => t("plan.marker", { kind: t(`plan.kind.${sort(i)}`), name: called(i), state: state(i) });

// Shape is a marker's form: each kind has its own, so that colour alone says nothing.
export function Shape({ kind }: { kind: string }) {
  switch (kind) {
    case "camera":
      return <circle class="shape" r={9} />;
    case "sensor":
      return <path class="shape" d="M0-10L10 0L0 10L-10 0Z" />;
    case "box":
      return <path class="shape" d="M-9-5L0-10L9-5V5L0 10L-9 5Z" />;
    case "shop":
      return <rect class="shape" x={-6} y={-6} width={12} height={12} />;
    case "building":
      return <rect class="shape" x={-15} y={-10} width={30} height={20} rx={2} />;
    case "spot":
      return <path class="shape" d="M0-9L9 7H-9Z" />;
  }
  return <rect class="shape" x={-44} y={-22} width={88} height={44} rx={10} />;
}

interface Props {
  item: Item;
  at: Point;
  scale: number; // keeps markers as large as they are, however near one looks
  name: boolean;
  faint: boolean;
  held?: boolean;
  edit?: { down(e: PointerEvent): void; key(e: KeyboardEvent): void };
}

// A Mark is one item on the drawing. It can be reached and opened with the keyboard;
// the ring tells the gravest incident, hollow that a camera does not see.
export function Mark({ item: i, at: [x, y], scale, name, faint, held, edit }: Props) {
  const kind = sort(i);
  const classes = `mark ${kind}${i.level ? ` level${i.level}` : ""}${isDown(i) ? " down" : ""}${faint ? " faint" : ""}${held ? " held" : ""}`;
  const inner: ComponentChildren = (
    <g transform={`translate(${x} ${y}) scale(${scale})`}>
      {i.level && <circle class="ring" r={kind === "area" ? 52 : 17} />}
      <Shape kind={kind} />
      {name && <text y={kind === "area" ? 5 : 26}>{called(i)}</text>}
    </g>
  );
  if (edit)
    return (
      <g class={classes} tabindex={0} role="button" aria-label={label(i)} data-code={i.code} onPointerDown={edit.down} onKeyDown={edit.key}>
        {inner}
      </g>
    );
  const to = href(i);
  if (!to)
    return (
      <g class={classes} role="img" aria-label={label(i)} data-code={i.code}>
        {inner}
      </g>
    );
  return (
    <a
      class={classes}
      href={to}
      aria-label={label(i)}
      data-code={i.code}
      onClick={(e) => {
        if (e.ctrlKey || e.metaKey || e.shiftKey) return;
        e.preventDefault();
        go(to);
      }}
    >
      {inner}
    </a>
  );
}
