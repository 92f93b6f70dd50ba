import { lang } from "./text";
import type { Change, Choice, Incident } from "./wire";

// byUrgency puts what is not yet taken first, then the more urgent, then the newer.
export function byUrgency(a: Incident, b: Incident): number {
  const taken = (i: Incident) => (i.taken_by ? 1 : 0);
  return taken(a) - taken(b) || a.level - b.level || b.last_at.localeCompare(a.last_at) || b.id.localeCompare(a.id);
}

// newer keeps the newest version of an incident: answers and the feed cross.
export function newer(all: Map<string, Incident>, i: Incident): Map<string, Incident> {
  const old = all.get(i.id);
  if (old && old.version > i.version) return all;
  return new Map(all).set(i.id, i);
}

export function applied(all: Map<string, Incident>, changes: Change[]): Map<string, Incident> {
  return changes.reduce((m, c) => newer(m, c.incident), all);
}

let names: Record<string, string> = {};

// learn takes in what people call the cameras.
export function learn(to: Record<string, string>): void {
  names = to;
}

// place says where an incident is, in people's words where there are any.
export const place = (i: Incident) =>
  i.place_name || names[`${i.site}/${i.box}/${i.device}`] || [i.site, i.box, i.device].filter(Boolean).join(" / ") || i.place;

// camera names the camera, when that says more than the place.
export const camera = (i: Incident) => (i.place_name ? (names[`${i.site}/${i.box}/${i.device}`] ?? "") : "");

export const kind = (i: Incident) => (lang === "en" ? i.class_en : i.class_zh);

export const called = (c: Choice) => (lang === "en" ? c.en : c.zh);
