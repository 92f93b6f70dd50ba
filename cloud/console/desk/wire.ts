// What the API sends; the Go structs of package incident are the original.

export type Box = [left: number, top: number, width: number, height: number];

export interface Incident {
  id: string;
  version: number;
  kind: string;
  level: number;
  state: "open" | "acknowledged" | "closed";
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
  received_at: string;
  events: number;
  backfill: boolean;
  snapshot?: string;
  acknowledged_by?: string;
  closed_by?: string;
  verdict?: string;
}

export interface Change {
  position: number;
  what: string;
  incident: Incident;
}

export interface Me {
  name: string;
  roles: string[];
  csrf: string;
}

export const verdicts = ["genuine", "harmless", "false", "rule", "test", "fault"];
