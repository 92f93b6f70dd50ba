import type { Place } from "./places";
import { clock, update } from "./store";
import type { Choice, Command, Incident, Me, Step, Watch } from "./wire";

// Problem is an answer that is no success (RFC 9457); incident is set when somebody
// was faster, roles when another role is needed.
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly incident?: Incident,
    readonly roles?: string[],
  ) {
    super(detail);
  }
}

export async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const resp = await fetch(path, { credentials: "same-origin", ...init });
  const date = Date.parse(resp.headers.get("Date") ?? "");
  if (date && !resp.headers.get("Age")) clock(date + 500); // it is cut to the second
  if (resp.status === 401) update((s) => (s.out = true));
  const body = await resp.json().catch(() => ({}));
  if (resp.ok) return body as T;
  const faults: { field: string; detail: string }[] = body.faults ?? [];
  const detail = [body.detail ?? resp.statusText, ...faults.map((f) => `${f.field}: ${f.detail}`)].join("; ");
  throw new Problem(resp.status, detail, body.incident, body.roles);
}

export const me = () => ask<Me>("/api/v1/me");

export interface Page {
  incidents: Incident[];
  next?: string;
  position: number;
}

// list is a page of incidents in the order of the feed; after is the cursor of the
// page before.
export const list = (states: string[], limit: number, after = "", query = "") =>
  ask<Page>(`/api/v1/incidents?sort=level&state=${states.join()}&limit=${limit}${query}${after && `&after=${after}`}`);

// newest is the last incident that the centre heard of.
export const newest = async () => (await ask<Page>("/api/v1/incidents?limit=1")).incidents[0] as Incident | undefined;

// blind lists the cameras that deliver nothing now, and why.
export const blind = async () => (await ask<{ open: Blind[] | null }>("/api/v1/coverage")).open ?? [];

export interface Blind {
  site: string;
  box: string;
  device: string;
  cause: string;
  since: string;
}

// newer reports whether the server has another desk by now: then the files of this one
// are gone.
export const newer = () => fetch(import.meta.url, { method: "HEAD", cache: "no-store" }).then((r) => r.status === 404, () => false);

export const get = (id: string) => ask<Incident>(`/api/v1/incidents/${id}`);

export interface History {
  steps: Step[];
  whole: boolean; // nobody has changed a row
  fault?: string;
}

export const history = (id: string) => ask<History>(`/api/v1/incidents/${id}/history`);

// near lists what was heard of at and below a place between two times.
export const near = async (place: string, from: Date, to: Date) =>
  (await ask<Page>(`/api/v1/incidents?limit=10&place=${encodeURIComponent(place)}&from=${from.toISOString()}&to=${to.toISOString()}`)).incidents;

// Precision is what people found of what a camera told.
export interface Precision {
  true: number;
  false: number;
  rule: number;
  share: number | null;
}

export const camera = (site: string, box: string, camera: string) =>
  ask<{ precision: Record<string, Precision> }>(`/api/v1/cameras/${[site, box, camera].map(encodeURIComponent).join("/")}`);

type Zones = Record<string, { points: [number, number][] }>;

// outline is a zone in a camera's picture; undefined when nobody has told the cloud.
export async function outline(site: string, box: string, camera: string, zone: string): Promise<[number, number][] | undefined> {
  const path = [site, box, camera].map(encodeURIComponent).join("/");
  const z = await ask<{ versions: { settings?: { zones?: Zones } }[]; still?: { told?: { settings?: { zones?: Zones } } } }>(`/api/v1/cameras/${path}/zones`);
  const drawn = z.versions[0]?.settings?.zones ?? z.still?.told?.settings?.zones;
  return drawn?.[zone]?.points;
}

export interface PoliceMessage {
  id: string;
  state: string;
  created: string;
  sent_at?: string;
  receipt_at?: string;
  why?: string;
  phone: boolean; // somebody must call them
}

export const policeMessages = (id: string) => ask<PoliceMessage[]>(`/api/v1/police/messages?incident=${id}`);

// A Notice is one message to one person or group.
export interface Notice {
  id: string;
  robot: string;
  recipient?: string; // none: the robot's group
  kind: string;
  state: string;
  made: string;
  sent_at?: string;
  fault?: string;
  why?: string;
  do_zh?: string; // what somebody can do
  do_en?: string;
}

export const notices = (id: string) => ask<Notice[]>(`/api/v1/notify/messages?incident=${id}`);

export const cameras = () => ask<Record<string, string>>("/api/v1/cameras");

// allPlaces are all places that there are, page by page.
export async function allPlaces(): Promise<Place[]> {
  const out: Place[] = [];
  for (let after = ""; ; ) {
    const page = await ask<{ places: Place[]; next?: string }>(`/api/v1/places?limit=500${after && `&after=${after}`}`);
    out.push(...page.places);
    if (!page.next) return out;
    after = page.next;
  }
}

export const classes = () => ask<Choice[]>("/api/v1/classes");

export const organisations = async (): Promise<Choice[]> =>
  (await ask<{ id: string; zh: string; en?: string }[]>("/api/v1/organisations")).map((o) => ({ key: o.id, zh: o.zh, en: o.en || o.zh }));

// act does one action. The key makes it one, however often it is sent.
export const act = (csrf: string, i: Incident, action: string, command: Command, key: string) =>
  ask<Incident>(`/api/v1/incidents/${i.id}/actions/${action}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf, "If-Match": `"${i.version}"`, "Idempotency-Key": key },
    body: JSON.stringify(command),
  });

// login comes in again; the cookie goes with the answer. second says that a second factor is still missing.
export const login = (name: string, password: string) =>
  ask<{ name: string; csrf: string; second?: string }>("/api/v1/session", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ name, password }) });

// crypto.randomUUID is missing on plain http; getRandomValues is not.
export const key = () => Array.from(crypto.getRandomValues(new Uint8Array(16)), (b) => b.toString(16).padStart(2, "0")).join("");

// tellDesk tells how this desk is, and answers with all desks.
export const tellDesk = (csrf: string, body: object) =>
  ask<Watch>("/api/v1/desks", { method: "POST", headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf }, body: JSON.stringify(body) });

export const photo = (csrf: string, file: File) =>
  ask<{ sha256: string }>("/api/v1/photos", { method: "POST", headers: { "Content-Type": file.type, "X-CSRF-Token": csrf }, body: file });

// displayed tells what this desk showed: which finder was first depends on it.
export const displayed = (csrf: string, ids: string[]) =>
  fetch("/api/v1/displayed", {
    method: "POST",
    credentials: "same-origin",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify({ ids }),
  });
