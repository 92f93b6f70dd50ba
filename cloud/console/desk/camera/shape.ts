import type { Point } from "./data";

// Outlines, with points from 0 to 1 of the picture.

const turn = (a: Point, b: Point, c: Point) => (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);

// cross is where two sides cross or touch; undefined where they do not.
function cross(a: Point, b: Point, c: Point, d: Point): Point | undefined {
  const one = turn(a, b, c), two = turn(a, b, d), three = turn(c, d, a), four = turn(c, d, b);
  if (one * two < 0 && three * four < 0) {
    const at = one / (one - two);
    return [c[0] + at * (d[0] - c[0]), c[1] + at * (d[1] - c[1])];
  }
  const on = (p: Point, q: Point, r: Point) =>
    Math.min(p[0], q[0]) <= r[0] && r[0] <= Math.max(p[0], q[0]) && Math.min(p[1], q[1]) <= r[1] && r[1] <= Math.max(p[1], q[1]);
  if (one === 0 && on(a, b, c)) return c;
  if (two === 0 && on(a, b, d)) return d;
  if (three === 0 && on(c, d, a)) return a;
  if (four === 0 && on(c, d, b)) return b;
}

// crossing is where an outline crosses itself; open leaves out the side that closes it.
// The box refuses the same: edge/zone's Crossing.
export function crossing(points: Point[], open = false): Point | undefined {
  const n = points.length, sides = open ? n - 1 : n;
  for (let i = 0; i < sides; i++)
    for (let j = i + 1; j < sides; j++) {
      const a = points[i], b = points[(i + 1) % n], c = points[j], d = points[(j + 1) % n];
      if (j === i + 1 || (!open && i === 0 && j === n - 1)) {
        const [shared, one, other] = j === i + 1 ? [c, a, d] : [a, b, c]; // back along the same line?
        if (n > 3 && turn(one, shared, other) === 0 && (one[0] - shared[0]) * (other[0] - shared[0]) + (one[1] - shared[1]) * (other[1] - shared[1]) > 0)
          return shared;
        continue;
      }
      const at = cross(a, b, c, d);
      if (at) return at;
    }
}

// area is the share of the picture that an outline covers.
export function area(points: Point[]): number {
  let sum = 0;
  points.forEach(([x, y], i) => {
    const [u, v] = points[(i + 1) % points.length];
    sum += x * v - u * y;
  });
  return Math.abs(sum) / 2;
}

// within keeps a point in the picture, on a grid of a ten-thousandth: less than a
// pixel, and short to send.
export const within = ([x, y]: Point): Point => [x, y].map((v) => Math.round(Math.min(1, Math.max(0, v)) * 1e4) / 1e4) as Point;

// moved is an outline with one point elsewhere, and without leaves a point out.
export const moved = (points: Point[], n: number, to: Point) => points.map((p, i) => (i === n ? within(to) : p));
export const without = (points: Point[], n: number) => points.filter((_, i) => i !== n);
export const inserted = (points: Point[], after: number, p: Point) => [...points.slice(0, after + 1), within(p), ...points.slice(after + 1)];

// shifted moves a whole outline, as far as the picture lets it.
export function shifted(points: Point[], dx: number, dy: number): Point[] {
  const xs = points.map((p) => p[0]), ys = points.map((p) => p[1]);
  const x = Math.min(1 - Math.max(...xs), Math.max(-Math.min(...xs), dx));
  const y = Math.min(1 - Math.max(...ys), Math.max(-Math.min(...ys), dy));
  return points.map((p) => within([p[0] + x, p[1] + y]));
}

export const middle = (points: Point[]): Point => [
  points.reduce((s, p) => s + p[0], 0) / points.length,
  points.reduce((s, p) => s + p[1], 0) / points.length,
];
