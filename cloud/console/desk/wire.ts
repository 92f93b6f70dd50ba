// What the API sends; cloud/api/openapi.yaml is the original.

export type Box = [left: number, top: number, width: number, height: number];

// An action that is allowed now, with the fields that it needs.
export interface Allowed {
  action: string;
  needs: string[];
}

export interface Discovery {
  source: string;
  at: string;
}

export interface Incident {
  id: string;
  number: string;
  version: number;
  class: string;
  class_zh: string;
  class_en: string;
  domain: string;
  level: number;
  state: string;
  verdict?: string;
  active: boolean;
  signal?: boolean;
  test?: boolean;
  health?: boolean;
  hidden?: boolean;
  place: string;
  place_name?: string;
  site?: string;
  box?: string;
  device?: string;
  zone?: string;
  note?: string;
  why?: Record<string, number>; // features of the newest judgement, by name
  text?: string;
  score: number;
  area?: Box;
  snapshot?: string;
  clip?: string;
  photos?: string[];
  since: string;
  first_at: string;
  last_at: string;
  first_seen_at: string;
  confirmed_at?: string;
  classified_at?: string;
  assessed_at?: string;
  resolved_at?: string;
  reviewed_at?: string;
  closed_at?: string;
  events: number;
  backfill?: boolean;
  first_source: string;
  discoveries: Discovery[] | null;
  unit?: string;
  handling_unit?: string;
  handler?: string;
  taken_by?: string;
  shelved?: { by: string; why: string; until: string }; // put aside
  confirmed_by?: string;
  closed_by?: string;
  due_step?: string;
  due_at?: string;
  about_person?: boolean;
  actions: Allowed[];
}

// A Step is one row of an incident's history.
export interface Step {
  seq: number;
  action: string;
  actor?: string;
  role: string;
  unit?: string;
  at: string;
  reason?: string;
  detail?: Partial<Record<"verdict" | "cause" | "handling_unit" | "result" | "call_back", string>> & { level?: number };
}

// A command is what an action needs, by the names of its fields.
export type Command = Record<string, string | number | string[]>;

export interface Change {
  position: number;
  action: string;
  by?: string;
  incident: Incident;
}

export interface Me {
  name: string;
  person: string;
  unit: string;
  roles: string[];
  rights: string[];
  csrf: string;
}

// Watch is which desks are there.
export interface Watch {
  armed: number; // how many an alarm reaches
  desks: { who: string; sound: string; visible: boolean; armed: boolean; looking?: string; self_test_at?: string }[];
}

// A choice is something with a name in both languages.
export interface Choice {
  key: string;
  zh: string;
  en: string;
}

export const verdicts = ["genuine", "harmless", "false", "rule", "test", "fault"];

// The desk's three lists: what nobody has verified, what is being handled, what has
// ended.
export type Tab = "todo" | "handling" | "ended";

const untried = ["signalled", "reported", "verifying"];
const endings = ["closed", "false", "duplicate", "out_of_remit", "force_closed", "rated", "cancelled"];
const handled = [
  "confirmed", "classified", "assessed", "dispatched", "accepted", "returned", "in_progress", "suspended", "resolved", "checked", "reviewed",
  "ordered", "done",
];

export const states: Record<Tab, string[]> = { todo: untried, handling: handled, ended: endings };
export const tabOf = (i: Incident): Tab => (untried.includes(i.state) ? "todo" : endings.includes(i.state) ? "ended" : "handling");
