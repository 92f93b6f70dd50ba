import { t } from "./text";
import type { Incident } from "./wire";

// Clock shows how long the next step may still take, or how late it is.
export function Clock({ incident: i, now }: { incident: Incident; now: number }) {
  if (!i.due_at) return null;
  const left = Date.parse(i.due_at) - now;
  const words = { step: t(`step.${i.due_step}`), left: duration(Math.abs(left)) };
  return <b class={left < 0 ? "clock late" : "clock"}>{t(left < 0 ? "overdue" : "due", words)}</b>;
}

function duration(ms: number): string {
  const s = Math.round(ms / 1000);
  if (s < 60) return t("duration.s", { n: s });
  if (s < 3600) return t("duration.m", { n: Math.floor(s / 60) });
  if (s < 86400) return t("duration.h", { n: Math.floor(s / 3600) });
  return t("duration.d", { n: Math.floor(s / 86400) });
}
