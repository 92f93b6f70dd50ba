import * as api from "./api";
import { looking } from "./router";
import * as player from "./sound/player";
import { may, store, update } from "./store";

// How often a desk tells the server how it is.
const every = 15_000;

let input = Date.now();

// The desk's own name; a reload keeps it, another tab is another desk.
const desk = (() => {
  const known = sessionStorage.getItem("desk");
  const name = known ?? api.key();
  sessionStorage.setItem("desk", name);
  return name;
})();

async function tell(): Promise<void> {
  const heard = player.heard();
  try {
    const watch = await api.tellDesk(store.user.csrf, {
      desk,
      sound: player.state(),
      visible: document.visibilityState === "visible",
      input_ago_s: (Date.now() - input) / 1000,
      ...(heard && { self_test_ago_s: (Date.now() - heard) / 1000 }),
      looking: looking(),
    });
    update((s) => (s.watch = watch));
  } catch {
    update((s) => (s.watch = undefined)); // nobody knows
  }
}

// begin lets the server know whether an alarm at this desk reaches somebody.
export function begin(): void {
  if (!may("incident.see")) return;
  for (const e of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(e, () => (input = Date.now()), { capture: true, passive: true });
  let before = "";
  const look = () => {
    const now = `${player.state()} ${document.visibilityState} ${looking()}`;
    if (now !== before) void tell();
    before = now;
  };
  document.addEventListener("visibilitychange", look);
  setInterval(look, 1000); // what changes is told at once
  setInterval(tell, every);
  look();
}
