import { named, t } from "../text";
import type { Incident } from "../wire";

// Shares are told in hundredths; names that end in _s are seconds, and the rest are
// numbers as the detector has them.
const shares = ["area", "made", "usual", "sways", "lost", "left", "smeared", "unsharp", "vehicle", "person", "travel"];

function amount(name: string, v: number): string {
  if (name.endsWith("_s")) return t("why.seconds", { n: Math.round(v * 10) / 10 });
  if (shares.includes(name)) return `${Math.round(v * 1000) / 10} %`;
  return String(Math.round(v * 100) / 100);
}

// Why is what the newest judgement of a machine rests on. A name without words is shown
// as it is: boxes are newer than this page now and then.
export function Why({ incident: i }: { incident: Incident }) {
  const why = Object.entries(i.why ?? {});
  if (why.length === 0) return null;
  const part = i.class.split(".")[0];
  return (
    <details class="history why">
      <summary>{t("why")}</summary>
      <p class="fine">{t("why.about")}</p>
      <table>
        <tbody>
          {why.map(([name, v]) => (
            <tr key={name} data-why={name}>
              <th scope="row">{named(`why.${part}.${name}`) || named(`why.${name}`) || name}</th>
              <td>{amount(name, v)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
