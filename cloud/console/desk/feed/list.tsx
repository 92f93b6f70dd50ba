import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { t } from "../text";
import type { Incident } from "../wire";
import { useHeld } from "./held";
import { RowView } from "./row";
import type { Row } from "./rows";

interface Props {
  rows: Row[];
  chosen: string;
  opened: Set<string>;
  now: number;
  choose(id: string): void;
  unfold(key: string): void;
  more(): void; // the end of what is loaded comes near
  shown(ids: Incident[]): void; // what is on the screen
}

const narrow = matchMedia("(max-width: 760px)");
// Heights of a row in pixels, as css/feed.css has them.
const height = () => (narrow.matches ? 136 : 92);
// How many rows are drawn above and below what is seen.
const beyond = 4;

// List draws only the rows that are seen, however many there are, and does not move
// them under a hand: what is new waits above until the list is left alone.
export function List({ rows, chosen, opened, now, choose, unfold, more, shown }: Props) {
  const box = useRef<HTMLDivElement>(null);
  const [view, setView] = useState({ top: 0, size: 900 });
  const [hover, setHover] = useState(false);
  const held = useRef(false);
  held.current = view.top > 4 || hover;
  const { rows: calm, fresh } = useHeld(rows, held.current);
  const h = height();
  const from = Math.max(0, Math.floor(view.top / h) - beyond);
  const to = Math.min(calm.length, Math.ceil((view.top + view.size) / h) + beyond);

  const look = () => box.current && setView({ top: box.current.scrollTop, size: box.current.clientHeight });
  useLayoutEffect(() => {
    look();
    let top = box.current!.getBoundingClientRect().top;
    // What appears above the list, as the band does, pushes it down: a row under the
    // hand stays where it is.
    const moved = new ResizeObserver(() => {
      const now = box.current!.getBoundingClientRect().top;
      if (held.current) box.current!.scrollTop += now - top;
      top = now;
      look();
    });
    moved.observe(box.current!);
    return () => moved.disconnect();
  }, []);
  useEffect(() => {
    if (to + 20 > calm.length) more();
  }, [to, calm.length]);
  useEffect(() => shown(calm.slice(from, to).map((r) => r.head)), [from, to, calm]);
  useEffect(() => reveal(box.current, calm.findIndex((r) => r.head.id === chosen), h), [chosen]);

  const rest = useRef(0);
  const stir = () => {
    setHover(true);
    clearTimeout(rest.current);
    rest.current = window.setTimeout(() => setHover(false), 1200);
  };
  return (
    <>
      {fresh > 0 && (
        <button type="button" class="fresh" onClick={() => box.current?.scrollTo({ top: 0 })}>
          {t("fresh", { n: fresh })}
        </button>
      )}
      <div class="feed" role="feed" aria-label={t("feed")} ref={box} onScroll={look} onPointerMove={stir} onPointerDown={stir}>
        <div class="all" style={{ height: `${calm.length * h}px` }}>
          {calm.slice(from, to).map((r, n) => (
            <RowView
              key={r.key}
              row={r}
              top={(from + n) * h}
              at={from + n}
              of={calm.length}
              chosen={r.head.id === chosen}
              opened={opened.has(r.key)}
              now={now}
              choose={() => choose(r.head.id)}
              unfold={() => unfold(r.key)}
            />
          ))}
        </div>
      </div>
    </>
  );
}

// reveal scrolls as little as needed to show a row.
function reveal(box: HTMLElement | null, at: number, h: number): void {
  if (!box || at < 0) return;
  const top = at * h;
  if (top < box.scrollTop) box.scrollTop = top;
  else if (top + h > box.scrollTop + box.clientHeight) box.scrollTop = top + h - box.clientHeight;
}
