import { useState } from "preact/hooks";
import type { Live } from "../live";
import { may } from "../store";
import { t } from "../text";

// Now opens the camera's moving picture; its script comes when it is asked for.
export function Now({ name, called }: { name: string; called: string }) {
  const [loaded, setLoaded] = useState<{ live?: typeof Live; fault?: string }>({});
  if (!may("video.see")) return null;
  const open = () => void import("../live").then((m) => setLoaded({ live: m.Live }), (e) => setLoaded({ fault: (e as Error).message }));
  if (loaded.live) return <loaded.live camera={name} name={called} />;
  return (
    <p>
      <button type="button" data-do="live" onClick={open}>
        {t("camera.live")}
      </button>{" "}
      {loaded.fault && <span class="fault">{t("failed", { why: loaded.fault })}</span>}
    </p>
  );
}
