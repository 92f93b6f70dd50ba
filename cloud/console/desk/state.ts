import { lang } from "./text";
import type { Choice, Incident } from "./wire";

let names: Record<string, string> = {};

// learn takes in what people call the cameras.
export function learn(to: Record<string, string>): void {
  names = to;
}

// camerasOf counts the cameras of a box, or of a whole site.
export const camerasOf = (site: string, box?: string) => Object.keys(names).filter((n) => n.startsWith(box ? `${site}/${box}/` : `${site}/`)).length;

export const cameraCount = () => Object.keys(names).length;

// place says where an incident is, in people's words where there are any.
export const place = (i: Incident) =>
  i.place_name || names[`${i.site}/${i.box}/${i.device}`] || [i.site, i.box, i.device].filter(Boolean).join(" / ") || i.place;

// camera names the camera, when that says more than the place.
export const camera = (i: Incident) => (i.place_name ? (names[`${i.site}/${i.box}/${i.device}`] ?? "") : "");

export const kind = (i: Incident) => (lang === "en" ? i.class_en : i.class_zh);

export const called = (c: Choice) => (lang === "en" ? c.en : c.zh);
