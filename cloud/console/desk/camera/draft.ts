import { useCallback, useState } from "preact/hooks";
import type { Detect, Point, Settings, Zone } from "./data";

// What an area is for: the kinds of the box's zones, and two that are none.
export const uses = ["motion", "fire", "no_parking", "fire_lane", "mask", "privacy"] as const;
export type Use = (typeof uses)[number];

// An Area is one outline with its rule.
export interface Area {
  id: number;
  use: Use;
  name: string; // of a zone; the others have none
  points: Point[];
  dwell: string;
  hours: string; // other dwells at times of day, as in "07:00-09:00 10m; 22:00-06:00 1h"
  only: string; // "vehicle", or empty for whatever stands
  schedule: string;
  min_score: number;
  fixed: boolean; // a privacy area of the box's own file, which stays
}

// A Draft is what is being drawn. It is never changed, only replaced.
export interface Draft {
  areas: Area[];
  detect: Detect;
}

export const isZone = (use: Use) => use !== "mask" && use !== "privacy";
export const stands = (use: Use) => use === "no_parking" || use === "fire_lane";

let last = 0;

export const newArea = (use: Use, points: Point[], taken: Area[]): Area => {
  let n = 1;
  while (taken.some((a) => a.name === `zone-${n}`)) n++;
  return { id: ++last, use, name: isZone(use) ? `zone-${n}` : "", points, dwell: stands(use) ? "3m" : "", hours: "", only: "", schedule: "", min_score: 0, fixed: false };
};

const same = (a: Point[], b: Point[]) => JSON.stringify(a) === JSON.stringify(b);
const nothing = (s?: string) => (!s || s === "0s" ? "" : s.replace(/(\D)0s$/, "$1").replace(/h0m$/, "h"));

const hoursText = (z: Zone) => (z.hours ?? []).map((h) => `${h.schedule} ${nothing(h.dwell)}`).join("; ");
// hoursOf reads what hoursText writes: a dwell is the last word of each part.
const hoursOf = (text: string) =>
  text.split(";").map((part) => {
    const words = part.trim().split(/\s+/);
    return { schedule: words.slice(0, -1).join(" "), dwell: words[words.length - 1]! };
  });

// draftOf reads settings; file are those of the box's own file.
export function draftOf(s: Settings, file: Settings): Draft {
  const areas: Area[] = [];
  const add = (use: Use, points: Point[], more: Partial<Area> = {}) =>
    areas.push({ id: ++last, use, points, name: "", dwell: "", hours: "", only: "", schedule: "", min_score: 0, fixed: false, ...more });
  for (const [name, z] of Object.entries(s.zones ?? {}))
    add(z.kind as Use, z.points, { name, dwell: nothing(z.dwell), hours: hoursText(z), only: z.only ?? "", schedule: z.schedule ?? "", min_score: z.min_score ?? 0 });
  for (const m of s.masks ?? []) add("mask", m);
  const own = file.privacy ?? [];
  for (const p of own) add("privacy", p, { fixed: true });
  for (const p of s.privacy ?? []) if (!own.some((q) => same(p, q))) add("privacy", p);
  return { areas, detect: s.detect ?? {} };
}

// settingsOf is what is sent to the box.
export function settingsOf(d: Draft): Settings {
  const out: Required<Settings> = { zones: {}, masks: [], privacy: [], detect: d.detect };
  for (const a of d.areas) {
    if (a.use === "mask") out.masks!.push(a.points);
    else if (a.use === "privacy") !a.fixed && out.privacy!.push(a.points);
    else
      out.zones![a.name] = {
        kind: a.use,
        points: a.points,
        ...(stands(a.use) && a.dwell && { dwell: a.dwell }),
        ...(stands(a.use) && a.hours && { hours: hoursOf(a.hours) }),
        ...(stands(a.use) && a.only && { only: a.only }),
        ...(a.schedule && { schedule: a.schedule }),
        ...(a.min_score && { min_score: a.min_score }),
      };
  }
  return out;
}

// slips are what is wrong with a draft before anybody is asked, as keys of texts.
export function slips(d: Draft): { area: Area; key: string }[] {
  const out: { area: Area; key: string }[] = [];
  for (const area of d.areas.filter((a) => isZone(a.use))) {
    if (!/^[a-z0-9][a-z0-9_-]{0,47}$/.test(area.name)) out.push({ area, key: "zones.slip.name" });
    else if (d.areas.some((b) => b !== area && isZone(b.use) && b.name === area.name)) out.push({ area, key: "zones.slip.twice" });
    if (area.dwell && !/^(\d+h)?(\d+m)?(\d+s)?$/.test(area.dwell)) out.push({ area, key: "zones.slip.dwell" });
    if (area.hours && !area.hours.split(";").every((part) => /^\s*(\d\d:\d\d-\d\d:\d\d\s*,?\s*)+\s(\d+h)?(\d+m)?(\d+s)?\s*$/.test(part))) out.push({ area, key: "zones.slip.hours" });
    if (area.schedule && !/^\s*\d\d:\d\d-\d\d:\d\d(\s*,\s*\d\d:\d\d-\d\d:\d\d)*\s*$/.test(area.schedule)) out.push({ area, key: "zones.slip.schedule" });
  }
  return out;
}

const depth = 200; // steps that can be taken back

// useHistory keeps every state of a draft in the order of time: undo takes back what
// was done last, whatever that was.
export function useHistory() {
  const [{ list, at }, set] = useState<{ list: Draft[]; at: number }>({ list: [], at: -1 });
  const begin = useCallback((d: Draft) => set({ list: [d], at: 0 }), []);
  const push = useCallback((d: Draft) => set((h) => ({ list: [...h.list.slice(Math.max(0, h.at + 1 - depth), h.at + 1), d], at: Math.min(h.at + 1, depth) })), []);
  const step = useCallback((by: number) => set((h) => ({ ...h, at: Math.min(h.list.length - 1, Math.max(0, h.at + by)) })), []);
  return { draft: list[at] as Draft | undefined, begin, push, undo: () => step(-1), redo: () => step(1), canUndo: at > 0, canRedo: at < list.length - 1, changed: at > 0 };
}
