import { useState } from "preact/hooks";
import { t } from "../text";
import type { Asked } from "./player";

const purposes = ["verify", "handle", "check", "exercise", "appeal", "authority", "subject", "audit"];

// What was last said, for as long as the document lives: a wall of cameras asks once.
let last: Asked | undefined;
export const said = () => last;

// Reason asks what somebody wants to see live pictures for. It is written down before
// the first picture comes.
export function Reason({ about, done }: { about?: string; done(a: Asked): void }) {
  const [purpose, setPurpose] = useState(last?.purpose ?? "verify");
  const [reason, setReason] = useState(about ?? last?.reason ?? "");
  return (
    <form
      class="why"
      onSubmit={(e) => {
        e.preventDefault();
        if (!reason.trim()) return;
        last = { purpose, reason: reason.trim() };
        done(last);
      }}
    >
      <p class="fine">{t("watch.why")}</p>
      <label>
        {t("purpose")}
        <select value={purpose} onChange={(e) => setPurpose(e.currentTarget.value)}>
          {purposes.map((p) => (
            <option key={p} value={p}>
              {t(`purpose.${p}`)}
            </option>
          ))}
        </select>
      </label>
      <label>
        {t("reason")}
        <input value={reason} required maxLength={500} onInput={(e) => setReason(e.currentTarget.value)} />
      </label>
      <button type="submit" class="ack">
        {t("watch.open")}
      </button>
    </form>
  );
}
