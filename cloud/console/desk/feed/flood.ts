import { now, store } from "../store";
import { hear } from "./data";

// A flood is more alerts than one person can follow (ISA-18.2: more than 10 in 10
// minutes, until fewer than 5): then what is less urgent folds and does not chime.
const span = 600_000;
const begins = 10;
const ends = 5;

const arrived = new Map<string, number>(); // when the centre first heard of it
let flood = false;

// load is how many alerts came in the last ten minutes.
export function load(): number {
  for (const [id, at] of arrived) if (at < store.now - span) arrived.delete(id);
  return arrived.size;
}

export function flooded(): boolean {
  const n = load();
  flood = flood ? n >= ends : n > begins;
  return flood;
}

hear((i) => {
  const at = Date.parse(i.first_seen_at);
  if (at > now() - span && !i.signal) arrived.set(i.id, at);
});
