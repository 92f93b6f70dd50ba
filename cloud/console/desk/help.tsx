import { useState } from "preact/hooks";
import { Sheet } from "./sheet";
import { enable, enabled } from "./keys";
import { t } from "./text";

// The keys as people know them, and the words for what they do.
const sheet: [string, string][] = [
  ["↓ j + / ↑ k −", "move"], ["Enter", "enter"], ["1 – 6", "verdict"], ["a", "assign"], ["u", "undo"], ["s", "shelve"], ["Space", "play"], ["← →", "seek"], ["b", "boxes"], ["l", "live"],
  ["c / o", "open"], [". (Del)", "silence"], ["0", "call"], ["n", "report"], ["/", "search"], ["g f · g w · g p · g h", "go"], ["Esc", "back"], ["?", "help"],
];

// Help is the sheet of all keys, where they can be turned off too.
export function Help({ close }: { close(): void }) {
  const [on, setOn] = useState(enabled());
  return (
    <Sheet title={t("keys")} close={close}>
      <table class="keys">
        <tbody>
          {sheet.map(([key, what]) => (
            <tr key={key}>
              <th scope="row">
                <kbd>{key}</kbd>
              </th>
              <td>{t(`keys.${what}`)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <label class="tick">
        <input
          type="checkbox"
          checked={on}
          onChange={() => {
            enable(!on);
            setOn(!on);
          }}
        />{" "}
        {t("keys.on")}
      </label>
    </Sheet>
  );
}
