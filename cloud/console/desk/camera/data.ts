import { ask, key } from "../api";
import { store } from "../store";
import type { Box } from "../wire";

// What the API says of cameras; cloud/api/openapi.yaml is the original.

export interface Precision {
  days: number;
  true: number;
  false: number;
  rule: number;
  share: number | null;
  low: number;
  high: number;
}

export interface InForce {
  version: number;
  problem?: string;
}

export interface CameraState {
  site: string;
  box: string;
  camera: string;
  called?: string;
  state: string;
  reason?: string;
  since?: string;
  heard?: string;
  clock_ahead_ms?: number;
  in_force?: InForce;
  place: string;
  place_zh: string;
  open: number;
  level?: number;
  share: number | null;
  precision: Record<string, Precision>;
}

export interface Day {
  day: string;
  due_s: number;
  seen_s: number;
  share: number | null;
  blind_s?: Record<string, number>;
}

export interface Dot {
  id: string;
  number: string;
  class_zh: string;
  class_en: string;
  level: number;
  at: string;
  zone?: string;
  box?: Box;
  verdict?: string;
}

export interface CameraDetail extends CameraState {
  days: Day[];
  recent: Dot[];
  tune: boolean;
}

export type Point = [x: number, y: number];

export interface Zone {
  kind: string;
  points: Point[];
  dwell?: string;
  hours?: { schedule: string; dwell: string }[] | null;
  only?: string;
  schedule?: string;
  min_score?: number;
}

export type Detect = Record<string, Record<string, boolean | number | string>>;

export interface Settings {
  zones?: Record<string, Zone> | null;
  masks?: Point[][] | null;
  privacy?: Point[][] | null;
  detect?: Detect;
}

export interface Version {
  version: number;
  settings?: Settings;
  who: string;
  why: string;
  at: string;
  state: string;
  problem?: string;
}

export interface Still {
  sha256: string;
  at: string;
  who: string;
  width: number;
  height: number;
  told: InForce & { settings: Settings; file?: Settings };
}

export interface Zones {
  version: number;
  versions: Version[];
  in_force?: InForce;
  still?: Still;
}

// A Case is one thing that the box saw when it tried settings on.
export interface Case {
  kind: string;
  zone?: string;
  box: Box;
  score: number;
  note?: string;
  pictures: number;
  raised: boolean;
  lacks?: string;
  held_s: number;
  need_s: number;
}

export interface Trial {
  seconds: number;
  looked: Record<string, number>;
  cases: Case[] | null;
}

const at = (name: string) => `/api/v1/cameras/${name}`;
const json = () => ({ "Content-Type": "application/json", "X-CSRF-Token": store.user.csrf });

export const states = () => ask<CameraState[]>("/api/v1/cameras/states");

export const camera = (name: string) => ask<CameraDetail>(at(name));

export const zones = (name: string) => ask<Zones>(`${at(name)}/zones`);

// save keeps settings as the version after the one that they were made from.
export const save = (name: string, was: number, settings: Settings, reason: string) =>
  ask<Version>(`${at(name)}/zones`, {
    method: "PUT",
    headers: { ...json(), "If-Match": `"${was}"`, "Idempotency-Key": key() },
    body: JSON.stringify({ settings, reason }),
  });

// preview asks the box for a still and, with settings, for what it would see.
export const preview = (name: string, reason: string, settings?: Settings) =>
  ask<Still & { trial?: Trial }>(`${at(name)}/preview`, { method: "POST", headers: json(), body: JSON.stringify({ reason, settings }) });

// A Lesson is one false alarm that a camera has learnt from; episode is the incident.
export interface Lesson {
  episode: string;
  kind: string;
  by: string;
  at: string;
}

interface Ordered<T> {
  id: string;
  state: string;
  problem?: string;
  data?: T;
}

// order asks the box of a camera for a command and waits until it has answered, or until
// it may not begin it any more.
export async function order<T>(name: string, command: string): Promise<Ordered<T>> {
  const [site, box, camera] = name.split("/");
  let c = await ask<Ordered<T>>(`/api/v1/boxes/${site}/${box}/commands`, { method: "POST", headers: { ...json(), "Idempotency-Key": key() }, body: JSON.stringify({ name: command, args: { camera }, seconds: 30 }) });
  for (let n = 0; n < 3 && c.state === "waiting"; n++) c = await ask<Ordered<T>>(`/api/v1/commands/${c.id}?wait=20`);
  return c;
}

export const nameOf = (c: { site: string; box: string; camera: string }) => `${c.site}/${c.box}/${c.camera}`;
