import { useEffect, useRef } from "preact/hooks";

export interface Keys {
  move(step: number): void;
  enter(): void;
  verdict(n: number): void;
  open(): void;
  escape(): void;
  help(): void;
}

// keys listens to the keyboard. It looks at where a key is, not at what it writes,
// so that a Chinese input method does not break it, and leaves alone what is typed
// into a field or held with a modifier.
export function keys(k: Keys): void {
  const latest = useRef(k);
  latest.current = k;
  useEffect(() => {
    const press = (e: KeyboardEvent) => {
      const field = (e.target as HTMLElement).closest("input, textarea, select");
      if (e.isComposing || e.ctrlKey || e.altKey || e.metaKey) return;
      if (field && e.code !== "Escape") return;
      const on = latest.current;
      const button = (e.target as HTMLElement).closest("button");
      const act: Record<string, () => void> = {
        KeyJ: () => on.move(1),
        ArrowDown: () => on.move(1),
        KeyK: () => on.move(-1),
        ArrowUp: () => on.move(-1),
        KeyO: on.open,
        Escape: on.escape,
      };
      const digit = /^(?:Digit|Numpad)([1-6])$/.exec(e.code);
      if (e.code === "Enter" && !button) on.enter();
      else if (digit) on.verdict(Number(digit[1]));
      else if (e.key === "?") on.help();
      else if (act[e.code]) act[e.code]();
      else return;
      e.preventDefault();
    };
    addEventListener("keydown", press);
    return () => removeEventListener("keydown", press);
  }, []);
}
