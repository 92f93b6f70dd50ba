import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { undo } from "./actions";
import { Band } from "./band";
import { CallCard } from "./call";
import { Help } from "./help";
import { useKeys } from "./keys";
import { Lines, LoginAgain } from "./lines";
import { go, looking, usePath } from "./router";
import { hush, ringing } from "./sound/alarm";
import { useStore } from "./store";
import { t } from "./text";
import { Top } from "./top";
import { find, type Shown, type View } from "./views";

// Frame is what all views of the desk stand in.
export function Frame() {
  const s = useStore();
  const path = usePath().split("?")[0];
  const found = find(path);
  useFocus(path);
  const [help, setHelp] = useState(false);
  const [call, setCall] = useState("");
  useKeys({
    Period: hush,
    Digit0: () => setCall(looking() || ringing()[0]?.id || ""),
    "Shift+Slash": () => setHelp(true),
    KeyN: () => location.assign("/report"),
    KeyU: undo,
    "KeyG KeyF": () => go("/"),
    "KeyG KeyW": () => go("/wall"),
    "KeyG KeyP": () => go("/plan"),
    "KeyG KeyH": () => location.assign("/handover"),
  });
  return (
    <div class="desk">
      <Top here={found?.view.name ?? ""} help={() => setHelp(true)} />
      <Band call={setCall} />
      <Spoken />
      <Lines />
      {found ? <Outlet key={found.view.name} view={found.view} params={found.params} /> : <p class="note">{t("nowhere")}</p>}
      {s.out && <LoginAgain />}
      {help && <Help close={() => setHelp(false)} />}
      {call && <CallCard id={call} close={() => setCall("")} />}
    </div>
  );
}

// useFocus goes to what an address shows, as a new document would: the next key is for
// that, and not for the button that led there.
function useFocus(path: string): void {
  const first = useRef(true);
  useLayoutEffect(() => {
    const main = document.querySelector("main");
    if (!first.current && main) {
      main.tabIndex = -1;
      main.focus({ preventScroll: true });
    }
    first.current = false;
  }, [path]);
}

// Spoken is what screen readers say of new alerts: the urgent interrupts.
function Spoken() {
  const { level, words } = useStore().announced;
  return (
    <>
      <p class="hidden" aria-live="assertive">
        {level === 1 ? words : ""}
      </p>
      <p class="hidden" aria-live="polite">
        {level === 1 ? "" : words}
      </p>
    </>
  );
}

// Outlet shows a view, once its script is here.
function Outlet({ view, params }: { view: View; params: string[] }) {
  const [loaded, setLoaded] = useState<{ view?: Shown; fault?: string }>({ view: view.view });
  const [round, setRound] = useState(0);
  useEffect(() => {
    if (view.view) return;
    setLoaded({});
    view.load?.().then(
      (m) => setLoaded({ view: m.View }),
      (e) => setLoaded({ fault: String((e as Error).message) }),
    );
  }, [view, round]);
  const V = loaded.view;
  if (V) return <V params={params} />;
  return (
    <main class="view">
      {loaded.fault ? (
        <p class="note fault">
          {t("failed", { why: loaded.fault })}{" "}
          <button type="button" onClick={() => setRound(round + 1)}>
            {t("retry")}
          </button>
        </p>
      ) : (
        <p class="note" aria-busy="true">{t("loading")}</p>
      )}
    </main>
  );
}
