import * as api from "./api";
import type { Change } from "./wire";

// How long the feed may be silent: the server beats every 10 s.
const silence = 25_000;

export interface Listener {
  change(c: Change): void;
  live(on: boolean): void;
  // The link is back after it was lost.
  back(): void;
  // The viewer lags too far behind, or the server began anew: load everything again.
  reset(): void;
}

// follow listens to the feed from a position on and comes back by itself when it
// breaks, without missing a change. It returns how to stop.
export function follow(position: number, to: Listener): () => void {
  let source: EventSource | undefined;
  let watchdog = 0;
  let retry = 0;
  let wait = 1000;
  let lost = false;

  const alive = () => {
    wait = 1000;
    to.live(true);
    if (lost) to.back();
    lost = false;
    clearTimeout(watchdog);
    watchdog = window.setTimeout(again, silence);
  };
  const again = () => {
    to.live(false);
    lost = true;
    source?.close();
    api.me().catch(() => {}); // an EventSource does not tell that the session has ended
    clearTimeout(watchdog);
    clearTimeout(retry);
    retry = window.setTimeout(open, wait);
    wait = Math.min(wait * 2, 15_000);
  };
  const open = () => {
    source = new EventSource(`/api/v1/stream?after=${position}`);
    source.addEventListener("hello", alive);
    source.addEventListener("beat", alive);
    source.addEventListener("incident", (e) => {
      const c = JSON.parse(e.data) as Change;
      position = c.position;
      alive();
      to.change(c);
    });
    source.addEventListener("reset", () => {
      stop();
      to.reset();
    });
    source.onerror = again;
  };
  const stop = () => {
    source?.close();
    clearTimeout(watchdog);
    clearTimeout(retry);
  };
  open();
  return stop;
}
