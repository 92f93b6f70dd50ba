import type { Item, Plan, Point } from "./data";

// Where things are on the drawing: where somebody has put them, or, without a picture
// of one's own, where their coordinates lead.

export const width = 1000; // of the drawing, in its own units

export interface Layout {
  width: number;
  height: number;
  at: Map<string, Point>; // by code, in units of the drawing
  metres: number; // what the width stands for; 0 where that is not known
}

const metre = 1 / 111_320; // degrees of latitude

// layout places a plan's things.
export function layout(p: Plan): Layout {
  const out: Layout = { width, height: 620, at: new Map(), metres: 0 };
  if (p.image) out.height = (width * p.image.height) / p.image.width;
  else project(p.items, out);
  for (const i of p.items) if (i.at) out.at.set(i.code, [i.at[0] * width, i.at[1] * out.height]);
  hang(p.items, out.at);
  spread(p.items, out.at);
  return out;
}

const devices = ["camera", "sensor", "box"];

// hang puts a device that has no place of its own where the thing is that it hangs at.
function hang(items: Item[], at: Map<string, Point>): void {
  const known = new Map(items.map((i) => [i.path, at.get(i.code)]));
  for (const i of items) {
    const outer = known.get(i.path.slice(0, i.path.lastIndexOf("/")));
    if (devices.includes(i.kind) && !at.has(i.code) && outer) at.set(i.code, outer);
  }
}

// project lays coordinates flat: over a few kilometres the earth is.
function project(items: Item[], out: Layout): void {
  const known = items.filter((i) => i.lat !== undefined && i.lon !== undefined);
  if (!known.length) return;
  const lat0 = known.reduce((s, i) => s + i.lat!, 0) / known.length;
  const flat = known.map((i): Point => [(i.lon! * Math.cos((lat0 * Math.PI) / 180)) / metre, -i.lat! / metre]);
  const [left, right] = [Math.min(...flat.map((q) => q[0])), Math.max(...flat.map((q) => q[0]))];
  const [top, bottom] = [Math.min(...flat.map((q) => q[1])), Math.max(...flat.map((q) => q[1]))];
  const margin = 70;
  const span = Math.max(right - left, (bottom - top) * 1.2, 60);
  const scale = (width - 2 * margin) / span;
  out.height = Math.max(320, (bottom - top) * scale + 2 * margin);
  out.metres = width / scale;
  const offset: Point = [(width - (right - left) * scale) / 2, (out.height - (bottom - top) * scale) / 2];
  known.forEach((i, n) => out.at.set(i.code, [(flat[n][0] - left) * scale + offset[0], (flat[n][1] - top) * scale + offset[1]]));
}

// spread sets things that are at the very same point around it, so that each can be
// seen and taken hold of: a device has its place's coordinates.
function spread(items: Item[], at: Map<string, Point>): void {
  const heaps = new Map<string, Item[]>();
  for (const i of items) {
    const q = at.get(i.code);
    if (!q || i.at) continue;
    const where = `${Math.round(q[0] / 4)},${Math.round(q[1] / 4)}`;
    heaps.set(where, [...(heaps.get(where) ?? []), i]);
  }
  for (const heap of heaps.values()) {
    if (heap.length < 2) continue;
    const [x, y] = at.get(heap[0].code)!;
    heap.slice(1).forEach((i, n) => {
      const turn = (2 * Math.PI * n) / (heap.length - 1) - Math.PI / 4;
      at.set(i.code, [x + 24 * Math.cos(turn), y + 24 * Math.sin(turn)]);
    });
  }
}

// round is a length that people read easily, at most of metres.
export function round(metres: number): number {
  const ten = 10 ** Math.floor(Math.log10(metres));
  return [5, 2, 1].map((n) => n * ten).find((n) => n <= metres) ?? ten;
}
