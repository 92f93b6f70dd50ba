import { allPlaces } from "./api";
import { lang } from "./text";

// A Place of the community, as the API lists it.
export interface Place {
  code: string;
  path: string;
  kind: string;
  zh: string;
  en: string;
  lat?: number;
  lon?: number;
  datum?: string;
}

let list = new Map<string, Place>();

// nameOf is what people call a place; unknown until places were asked for.
export const nameOf = (path: string) => list.get(path)?.[lang === "en" ? "en" : "zh"];

let known: Promise<Map<string, Place>> | undefined;

// places are all places by their path; they are fetched once, when first needed.
export function places(): Promise<Map<string, Place>> {
  known ??= allPlaces().then(
    (all) => (list = new Map(all.map((p) => [p.path, p]))),
    (e) => {
      known = undefined; // the next who asks tries again
      throw e;
    },
  );
  return known;
}

// placesOf are the places from the community down to a path, those that are listed.
export async function placesOf(path: string): Promise<Place[]> {
  const all = await places();
  const steps = path.split("/");
  return steps.map((_, n) => all.get(steps.slice(0, n + 1).join("/"))).filter((p): p is Place => !!p);
}
