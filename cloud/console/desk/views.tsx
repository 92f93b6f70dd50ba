import type { ComponentType } from "preact";
import { Feed } from "./feed/feed";
import { IncidentView } from "./incident/view";

// A Shown view gets what the parentheses of its path caught.
export type Shown = ComponentType<{ params: string[] }>;

export interface View {
  name: string; // its words are nav.NAME
  path: RegExp;
  href?: string; // where the navigation leads; without one it is reached from elsewhere
  right?: string; // that it takes to be offered
  view?: Shown; // is there at once
  load?(): Promise<{ View: Shown }>; // or comes when it is opened first: a chunk of its own
}

// The one table of the desk's views. The server gives the same document for each:
// deskPaths in console.go.
export const views: View[] = [
  { name: "feed", path: /^\/$/, href: "/", view: Feed },
  { name: "incident", path: /^\/incident\/([0-9A-Z]{26})$/, view: IncidentView },
  { name: "plan", path: /^\/plan$/, href: "/plan", load: () => import("./plan/plan") },
  { name: "cameras", path: /^\/cameras$/, href: "/cameras", load: () => import("./camera/cameras") },
  { name: "camera", path: /^\/camera\/([\w-]+)\/([\w-]+)\/([\w-]+)$/, load: () => import("./camera/camera") },
  { name: "wall", path: /^\/wall$/, href: "/wall", right: "video.see", load: () => import("./wall") },
];

// find returns the view of a path, and what its parentheses caught.
export function find(path: string): { view: View; params: string[] } | undefined {
  for (const view of views) {
    const m = view.path.exec(path);
    if (m) return { view, params: m.slice(1).map(decodeURIComponent) };
  }
}
