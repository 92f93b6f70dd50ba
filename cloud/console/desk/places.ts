import { allPlaces } from "./api";

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

let known: Promise<Map<string, Place>> | undefined;

// places are all places by their path; they are fetched once, when first needed.
export function places(): Promise<Map<string, Place>> {
  known ??= allPlaces().then(
    (list) => new Map(list.map((p) => [p.path, p])),
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
