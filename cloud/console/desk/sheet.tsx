import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { t } from "./text";

// A Sheet is a window over the desk. Esc closes it; the alarm goes on behind it.
export function Sheet({ title, close, children }: { title: string; close(): void; children: ComponentChildren }) {
  const box = useRef<HTMLDialogElement>(null);
  useEffect(() => box.current?.showModal(), []);
  return (
    <dialog ref={box} class="sheet" aria-label={title} onClose={close} onCancel={close}>
      <header>
        <h2>{title}</h2>
        <button type="button" onClick={() => box.current?.close()}>
          {t("close.it")}
        </button>
      </header>
      {children}
    </dialog>
  );
}
