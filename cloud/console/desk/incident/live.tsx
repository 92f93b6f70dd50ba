import { useEffect, useState } from "preact/hooks";
import type { Live } from "../live";
import { t } from "../text";
import type { Incident } from "../wire";

// LiveTab shows the incident's camera as it is now; its script comes when it is opened.
export function LiveTab({ incident: i }: { incident: Incident }) {
  const [loaded, setLoaded] = useState<{ live?: typeof Live; fault?: string }>({});
  useEffect(() => {
    import("../live").then(
      (m) => setLoaded({ live: m.Live }),
      (e) => setLoaded({ fault: String((e as Error).message) }),
    );
  }, []);
  if (loaded.fault) return <p class="fault">{t("failed", { why: loaded.fault })}</p>;
  if (!loaded.live) return <p class="fine" aria-busy="true">{t("loading")}</p>;
  return <loaded.live camera={`${i.site}/${i.box}/${i.device}`} name={i.place_name} about={t("watch.about", { number: i.number })} />;
}
