import { ask } from "../api";
import { store } from "../store";
import { lang } from "../text";

// What the API says of plans; cloud/api/openapi.yaml is the original.

export type Point = [x: number, y: number];

export interface Area {
  path: string;
  kind: string;
  zh: string;
  en: string;
  cameras: number;
  down: number;
  shops: number;
  open: number[]; // by level, 1 first
}

export interface PlanIncident {
  id: string;
  number: string;
  class_zh: string;
  class_en: string;
  level: number;
  state: string;
  first_at: string;
}

export interface Item {
  code: string;
  path: string;
  kind: string;
  zh: string;
  en: string;
  at?: Point;
  lat?: number;
  lon?: number;
  camera?: string;
  state?: string;
  reason?: string;
  since?: string;
  level?: number;
  incidents?: PlanIncident[];
}

export interface Plan {
  place: string;
  zh: string;
  en: string;
  version: number;
  image?: { sha256: string; width: number; height: number };
  around: Area[];
  areas: Area[];
  items: Item[];
  edit: boolean;
  at: string;
}

const at = (path: string, what = "") => `/api/v1/plan${what}?place=${encodeURIComponent(path)}`;
const change = (version: number) => ({ "X-CSRF-Token": store.user.csrf, "If-Match": `"${version}"` });

export const plan = (path: string) => ask<Plan>(path ? at(path) : "/api/v1/plan");

export const move = (p: Plan, positions: Record<string, Point | null>) =>
  ask<Plan>(at(p.place), { method: "PUT", headers: { ...change(p.version), "Content-Type": "application/json" }, body: JSON.stringify({ positions }) });

export const draw = (p: Plan, picture?: File) =>
  ask<Plan>(at(p.place, "/image"), {
    method: picture ? "PUT" : "DELETE",
    headers: picture ? { ...change(p.version), "Content-Type": picture.type } : change(p.version),
    body: picture,
  });

export const called = (x: { zh: string; en: string }) => (lang === "en" ? x.en || x.zh : x.zh);

// areaKinds have plans of their own.
export const areaKinds = ["community", "compound", "street", "park", "institution"];
export const sort = (i: Item) => (areaKinds.includes(i.kind) ? "area" : i.kind);

// isDown says that a camera does not see.
export const isDown = (i: Item) => !!i.state && !["online", "connecting", "starting"].includes(i.state);
