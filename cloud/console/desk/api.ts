import type { Incident, Me } from "./wire";

// Problem is an answer that is no success; incident is set when somebody was
// faster (409).
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
    readonly incident?: Incident,
  ) {
    super(detail);
  }
}

async function ask<T>(path: string, init?: RequestInit): Promise<T> {
  const resp = await fetch(path, { credentials: "same-origin", ...init });
  if (resp.status === 401) location.href = "/login";
  const body = await resp.json().catch(() => ({}));
  if (!resp.ok) throw new Problem(resp.status, body.detail ?? resp.statusText, body.incident);
  return body as T;
}

export const me = () => ask<Me>("/api/v1/me");

export const list = (states: string) =>
  ask<{ incidents: Incident[]; position: number; names: Record<string, string> }>(`/api/v1/incidents?state=${states}&limit=200`);

function change(csrf: string, id: string, what: string, body: object) {
  return ask<Incident>(`/api/v1/incidents/${id}/${what}`, {
    method: "POST",
    headers: { "Content-Type": "application/json", "X-CSRF-Token": csrf },
    body: JSON.stringify(body),
  });
}

export const acknowledge = (csrf: string, i: Incident) => change(csrf, i.id, "acknowledge", { version: i.version });

export const close = (csrf: string, i: Incident, verdict: string, why: string) =>
  change(csrf, i.id, "close", { version: i.version, verdict, why });
