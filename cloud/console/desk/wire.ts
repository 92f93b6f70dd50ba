// What the API sends; the Go structs of package incident are the original.

export type Box = [left: number, top: number, width: number, height: number];

export interface Incident {
  id: string;
  version: number;
  class: string;
  level: number;
  state: string;
  active: boolean;
  site: string;
  box: string;
  device: string;
  zone?: string;
  note?: string;
  score: number;
  area?: Box;
  since: string;
  first_at: string;
  last_at: string;
  first_seen_at: string;
  events: number;
  backfill?: boolean;
  snapshot?: string;
  taken_by?: string;
  confirmed_by?: string;
  closed_by?: string;
  verdict?: string;
}

// judged says that a person has said what it was.
const untried = ["signalled", "reported", "verifying"];
export const judged = (i: Incident) => !untried.includes(i.state);
export const toDo = untried.join();
export const done = [
  "confirmed", "classified", "assessed", "dispatched", "accepted", "returned", "in_progress", "suspended",
  "resolved", "checked", "reviewed", "closed", "false", "duplicate", "out_of_remit", "force_closed",
].join();

export interface Change {
  position: number;
  incident: Incident;
}

export interface Me {
  name: string;
  roles: string[];
  csrf: string;
}

export const verdicts = ["genuine", "harmless", "false", "rule", "test", "fault"];
