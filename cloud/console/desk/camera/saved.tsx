import { t, time } from "../text";
import type { Zones } from "./data";

// Saved tells how far what was saved has come, and no more than is known: saved by the
// cloud, sent to the box, confirmed by the box, and what the box says it looks with.
export function Saved({ zones }: { zones: Zones }) {
  const v = zones.versions[0];
  const at = zones.in_force;
  return (
    <section class="versions" aria-labelledby="versions">
      <h2 id="versions">{t("versions")}</h2>
      <div role="status" data-state={v?.state ?? "none"}>
        {!v && <p>{t("versions.none")}</p>}
        {v && (
          <ol class="way">
            <li class="done">{t("versions.saved", { n: v.version })}</li>
            <li class={v.state === "unsent" ? "fault" : "done"}>{t(v.state === "unsent" ? "versions.unsent" : "versions.sent")}</li>
            <li class={v.state === "done" ? "done" : v.state === "waiting" ? "wait" : v.state === "unsent" ? "" : "fault"}>
              {v.state === "done" ? t("versions.done", { n: v.version }) : t(`versions.${v.state === "unsent" ? "waiting" : v.state}`)}
            </li>
          </ol>
        )}
        {v?.problem && <Faults text={v.problem} />}
        {at && at.problem && <p class="fault">{at.problem}</p>}
        {at && <p class={v?.state === "done" && at.version !== v.version ? "fault" : "fine"}>{t(at.version ? "versions.inforce" : "versions.file", { n: at.version })}</p>}
      </div>
      {zones.versions.length > 0 && (
        <details>
          <summary>{t("versions.all")}</summary>
          <ol class="list" reversed start={zones.version}>
            {zones.versions.map((w) => (
              <li key={w.version}>
                v{w.version} · {w.who} · <time dateTime={w.at}>{time(w.at)}</time> · {t(`versions.${w.state}`, { n: w.version })}
                <br />
                {w.why}
              </li>
            ))}
          </ol>
        </details>
      )}
    </section>
  );
}

// Faults are a box's own words, each fault on its line.
function Faults({ text }: { text: string }) {
  return (
    <ul class="fault">
      {text.split("\n").map((line) => (
        <li key={line}>{line}</li>
      ))}
    </ul>
  );
}
