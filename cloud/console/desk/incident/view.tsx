import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { learnt } from "../feed/data";
import { go } from "../router";
import { useStore } from "../store";
import { t } from "../text";
import { Panel } from "./panel";

// IncidentView is the page of one incident.
export function IncidentView({ params: [id] }: { params: string[] }) {
  const incident = useStore().incidents.get(id);
  const [fault, setFault] = useState("");
  const [round, setRound] = useState(0);
  useEffect(() => {
    setFault("");
    api.get(id).then(learnt, (e) => setFault((e as Error).message));
  }, [id, round]);
  return (
    <main class="view incidentview">
      {incident && <Panel key={id} incident={incident} whole back={() => go("/")} />}
      {!incident && !fault && <p class="note" aria-busy="true">{t("loading")}</p>}
      {!incident && fault && (
        <p class="note fault">
          {t("failed", { why: fault })}{" "}
          <button type="button" onClick={() => setRound(round + 1)}>
            {t("retry")}
          </button>{" "}
          <a href="/">{t("nav.desk")}</a>
        </p>
      )}
    </main>
  );
}
