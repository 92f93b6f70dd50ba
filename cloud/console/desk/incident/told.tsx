import { useEffect, useState } from "preact/hooks";
import * as api from "../api";
import { lang, t, time } from "../text";
import type { Incident } from "../wire";

// How often it is asked whether a message has arrived, in milliseconds.
const every = 10_000;

// Told says whom this was told: the police, and people by their telephones, each with
// what came back. A part that this centre has not set up is left out.
export function Told({ incident: i }: { incident: Incident }) {
  const police = useAsked(() => api.policeMessages(i.id), i.version);
  const people = useAsked(() => api.notices(i.id), i.version);
  if (!police?.length && !people?.length) return null;
  return (
    <section class="told" aria-label={t("told")}>
      <h3>{t("told")}</h3>
      <ul>
        {police?.map((m) => (
          <li key={m.id} data-told={m.state}>
            <b>{t("told.police")}</b> <span>{t(`told.${m.state}`)}</span> <time dateTime={m.receipt_at ?? m.sent_at ?? m.created}>{time(m.receipt_at ?? m.sent_at ?? m.created)}</time>
            {m.why && <span> {m.why}</span>}
            {m.phone && <strong class="fault"> {t("told.phone")}</strong>}
          </li>
        ))}
        {people?.map((m) => (
          <li key={m.id} data-told={m.state}>
            <b>
              {m.robot} → {m.recipient ?? t("told.group")}
            </b>{" "}
            <span>{t(m.state === "sent" ? "told.delivered" : `told.${m.state}`)}</span> <time dateTime={m.sent_at ?? m.made}>{time(m.sent_at ?? m.made)}</time>
            {(m.why || m.fault) && <span> {m.why || m.fault}</span>}
            {(m.do_zh || m.do_en) && <strong> {lang === "en" ? m.do_en : m.do_zh}</strong>}
          </li>
        ))}
      </ul>
    </section>
  );
}

// useAsked asks again now and then, and stops where there is nothing to ask.
function useAsked<T>(ask: () => Promise<T>, version: number): T | undefined {
  const [got, setGot] = useState<T>();
  const [off, setOff] = useState(false);
  useEffect(() => {
    if (off) return;
    const look = () => ask().then(setGot, (e) => [403, 404].includes((e as api.Problem).status) && setOff(true));
    void look();
    const timer = setInterval(look, every);
    return () => clearInterval(timer);
  }, [version, off]);
  return got;
}
