import { nameOf } from "./places";
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

// place says where an incident is, in people's words where there are any: the centre
// writes Chinese, the list of places knows more.
export function place(i: Incident): string {
  const english = lang === "en" && nameOf(i.place);
  if (english) return [...new Set([nameOf(i.place.split("/").slice(0, 2).join("/")), english])].filter(Boolean).join(", ");
  return i.place_name || names[`${i.site}/${i.box}/${i.device}`] || [i.site, i.box, i.device].filter(Boolean).join(" / ") || i.place;
}

// camera names the camera, when that says more than the place.
export const camera = (i: Incident) => (i.place_name ? (names[`${i.site}/${i.box}/${i.device}`] ?? "") : "");

export const kind = (i: Incident) => (lang === "en" ? i.class_en : i.class_zh);

export const called = (c: Choice) => (lang === "en" ? c.en : c.zh);
