import { useRef } from "preact/hooks";
import { byUrgency, type Row } from "./rows";

// useHeld keeps the order of rows while a hand is on the list: what changes does so in
// its place, what ends stays until the hand is gone, and what is new waits and is
// counted. What comes at the end, as the next page does, is added.
export function useHeld(rows: Row[], held: boolean): { rows: Row[]; fresh: number } {
  const kept = useRef<Row[]>(rows);
  const last = useRef({ of: rows, held, answer: { rows, fresh: 0 } });
  if (last.current.of === rows && last.current.held === held) return last.current.answer;
  const answer = held && kept.current.length > 0 ? calm(kept.current, rows) : { rows, fresh: 0 };
  kept.current = answer.rows;
  last.current = { of: rows, held, answer };
  return answer;
}

function calm(kept: Row[], rows: Row[]): { rows: Row[]; fresh: number } {
  const latest = new Map(rows.map((r) => [r.key, r]));
  const list = kept.map((r) => latest.get(r.key) ?? r);
  const there = new Set(list.map((r) => r.key));
  const last = list[list.length - 1];
  let fresh = 0;
  let before: string | undefined; // the row above, for rows of an opened group
  for (const r of rows) {
    if (there.has(r.key)) before = r.key;
    else if (r.inner && before !== undefined) list.splice(list.findIndex((x) => x.key === before) + 1, 0, r), (before = r.key);
    else if (byUrgency(last.head, r.head) < 0) list.push(r);
    else fresh++;
  }
  return { rows: list.filter((r) => !r.inner || latest.has(r.key)), fresh };
}
