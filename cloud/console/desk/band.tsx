import { go } from "./router";
import { hush, hushed, ringing } from "./sound/alarm";
import { state as sound } from "./sound/player";
import { kind, place } from "./state";
import { useStore } from "./store";
import { age, t } from "./text";

// Band is above every view while something urgent waits. It takes no focus away.
export function Band({ call }: { call(id: string): void }) {
  const { now } = useStore();
  const list = ringing();
  const first = list[0];
  if (!first) return null;
  const quiet = hushed();
  return (
    <section class={quiet ? "band" : "band loud"} aria-label={t("band")}>
      <strong>
        ▲ {kind(first)} · {place(first)}
      </strong>
      <span>{age(first.first_seen_at, now)}</span>
      {list.length > 1 && <span>{t("band.more", { n: list.length - 1 })}</span>}
      {sound() === "blocked" && <span class="mute">{t("sound.blocked")}</span>}
      <span class="does">
        <button type="button" onClick={() => go(`/incident/${first.id}`)}>
          {t("band.look")}
        </button>
        <button type="button" class="hush" onClick={hush} disabled={quiet > 0}>
          {quiet ? t("hushed", { n: quiet }) : t("hush")}
        </button>
        <button type="button" onClick={() => call(first.id)}>
          {t("call")}
        </button>
      </span>
    </section>
  );
}
