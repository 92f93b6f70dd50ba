import type { Incident } from "../wire";

// A Row is what the list shows as one line: an incident, or several of one kind at
// one place.
export interface Row {
  key: string;
  head: Incident; // the one that stands for all
  members: Incident[];
  inner?: boolean; // one of an opened row
}

// byUrgency puts level 1 that nobody has taken first; then the more urgent, then the
// newer. It is the order of the server's list but for what is pinned.
export function byUrgency(a: Incident, b: Incident): number {
  const pinned = (i: Incident) => (i.level === 1 && !i.taken_by ? 0 : 1);
  return pinned(a) - pinned(b) || a.level - b.level || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);
}

// grouped makes rows of incidents in their order: those of levels 3 and 4 that are of
// one kind at one place are one row. Levels 1 and 2 are never behind another.
export function grouped(list: Incident[], opened: Set<string>): Row[] {
  const rows: Row[] = [];
  const at = new Map<string, Row>();
  for (const i of list) {
    const key = i.level > 2 ? `${i.class} ${i.place} ${i.zone ?? ""}` : "";
    const row = key && at.get(key);
    if (row) row.members.push(i);
    else {
      const first: Row = { key: i.id, head: i, members: [i] };
      rows.push(first);
      if (key) at.set(key, first);
    }
  }
  return rows.flatMap((r) =>
    r.members.length > 1 && opened.has(r.key) ? [r, ...r.members.slice(1).map((i): Row => ({ key: `in ${i.id}`, head: i, members: [i], inner: true }))] : [r],
  );
}
