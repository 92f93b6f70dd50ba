import { useLayoutEffect, useRef } from "preact/hooks";

// A Keymap says what keys do, by where they are on the keyboard and not by what they
// write, so that a Chinese input method does not break it. "Shift+Slash" is a key with
// Shift, "KeyG KeyW" one after the other.
export type Keymap = Record<string, () => void>;

const maps: { current: Keymap }[] = [];
const off = "keys.off";

export const enabled = () => localStorage.getItem(off) === null;

// enable turns all single keys on or off (WCAG 2.1.4).
export const enable = (on: boolean) => (on ? localStorage.removeItem(off) : localStorage.setItem(off, "1"));

// The one-hand set: keys of the number pad that mean another.
const same: Record<string, string> = {
  NumpadEnter: "Enter", NumpadAdd: "KeyJ", NumpadSubtract: "KeyK", NumpadDecimal: "Period", Numpad0: "Digit0", ArrowDown: "KeyJ", ArrowUp: "KeyK",
  Numpad1: "Digit1", Numpad2: "Digit2", Numpad3: "Digit3", Numpad4: "Digit4", Numpad5: "Digit5", Numpad6: "Digit6",
};

let before = "";

// listen hears the keyboard. It leaves alone what is typed into a field, composed by an
// input method or held with Ctrl, Alt or Meta. The newest map that knows a key has it.
export function listen(): void {
  addEventListener("keydown", (e) => {
    if (e.isComposing || e.ctrlKey || e.altKey || e.metaKey || e.defaultPrevented) return;
    const target = e.target as HTMLElement;
    const code = same[e.code] ?? e.code;
    if (target.closest("input, textarea, select, video") && code !== "Escape") return;
    if ((code === "Enter" || code === "Space") && target.closest("button, a, summary")) return;
    if (!enabled() && !["Escape", "Enter", "Shift+Slash"].includes(code)) return;
    if (code !== "Period" && document.querySelector("dialog[open]")) return; // Esc and Enter are the window's
    const key = e.shiftKey ? `Shift+${code}` : code;
    const pair = `${before} ${key}`;
    before = key;
    for (let n = maps.length - 1; n >= 0; n--) {
      const act = maps[n].current[pair] ?? maps[n].current[key];
      if (!act) continue;
      e.preventDefault();
      act();
      return;
    }
  });
}

// useKeys has keys do something while a component is there.
export function useKeys(map: Keymap): void {
  const latest = useRef(map);
  latest.current = map;
  useLayoutEffect(() => { // not later than it is drawn: the next key may follow at once
    maps.push(latest);
    return () => void maps.splice(maps.indexOf(latest), 1);
  }, []);
}
