import type { Incident } from "../wire";

// Why a row stands for several incidents.
export type Why = "same" | "flood" | "outage";

// A Row is what the list shows as one line: an incident, or several that belong
// together.
export interface Row {
  key: string;
  head: Incident; // the one that stands for all
  members: Incident[];
  why: Why;
  inner?: boolean; // one of an opened row
}

// byUrgency puts level 1 that nobody has taken first; then the more urgent, then the
// newer. It is the order of the server's list but for what is pinned.
export function byUrgency(a: Incident, b: Incident): number {
  const pinned = (i: Incident) => (i.level === 1 && !i.taken_by ? 0 : 1);
  return pinned(a) - pinned(b) || a.level - b.level || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

// compound is the part of a place's path that a flood is folded by.
export const compound = (i: Incident) => i.place.split("/").slice(0, 2).join("/");

// How rows are folded.
export interface Folding {
  opened: Set<string>; // rows whose incidents are shown below them
  flood: boolean;
}

// grouped makes rows of incidents in their order. Those of levels 3 and 4 that are of
// one kind at one place are one row; in a flood, of one kind in one compound; what
// fails with a box that cannot be heard is below that. Levels 1 and 2 are never behind
// another.
export function grouped(list: Incident[], { opened, flood }: Folding): Row[] {
  const rows: Row[] = [];
  const at = new Map<string, Row>();
  const outages = new Map<string, Row>();
  for (const i of list) {
    const outage = i.class === "device.offline" && i.active;
    const parent = i.level > 2 && i.class.startsWith("device.") && (outages.get(`${i.site}/${i.box}`) ?? outages.get(`${i.site}/`));
    const key = i.level <= 2 ? "" : flood ? `${i.class} ${compound(i)}` : `${i.class} ${i.place} ${i.zone ?? ""}`;
    const row = parent || (key && at.get(key));
    if (row) {
      row.members.push(i);
      continue;
    }
    const first: Row = { key: i.id, head: i, members: [i], why: outage ? "outage" : flood && key ? "flood" : "same" };
    rows.push(first);
    if (outage) outages.set(`${i.site}/${i.box ?? ""}`, first);
    else if (key) at.set(key, first);
  }
  return rows.flatMap((r) =>
    r.members.length > 1 && opened.has(r.key) ? [r, ...r.members.slice(1).map((i): Row => ({ key: `in ${i.id}`, head: i, members: [i], why: "same", inner: true }))] : [r],
  );
}
