import { useState } from "preact/hooks";
import type { Item, Plan, Point } from "./data";
import type { Layout } from "./layout";

// Moves are where things were put since the plan was loaded; null takes one off.
export type Moves = Record<string, Point | null>;

// useMoves keeps moves in the order of time, so that each can be taken back.
export function useMoves() {
  const [{ list, at }, set] = useState<{ list: Moves[]; at: number }>({ list: [{}], at: 0 });
  const step = (by: number) => set((h) => ({ ...h, at: Math.min(h.list.length - 1, Math.max(0, h.at + by)) }));
  return {
    moves: list[at],
    put: (code: string, to: Point | null) => set((h) => ({ list: [...h.list.slice(0, h.at + 1), { ...h.list[h.at], [code]: to }], at: h.at + 1 })),
    undo: () => step(-1),
    redo: () => step(1),
    canUndo: at > 0,
    canRedo: at < list.length - 1,
    clear: () => set({ list: [{}], at: 0 }),
  };
}

// withMoves is a plan as it will be.
export const withMoves = (p: Plan, moves: Moves): Plan => ({
  ...p,
  items: p.items.map((i): Item => (i.code in moves ? { ...i, at: moves[i.code] ?? undefined, ...(moves[i.code] === null && { lat: undefined, lon: undefined }) } : i)),
});

const grid = 200; // things snap to so many lines across, unless Shift is held

// snapped is a point of the drawing as a share of it.
export function snapped([x, y]: Point, l: Layout, fine: boolean): Point {
  const snap = (v: number) => Math.min(1, Math.max(0, fine ? Math.round(v * 1e4) / 1e4 : Math.round(v * grid) / grid));
  return [snap(x / l.width), snap(y / l.height)];
}
