import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Post } from "../host.ts";

/** Milliseconds for which the button says that it did something. */
const noticed = 2_000;

export function CopyButton({ text, post }: { text: string; post: Post }): JSX.Element {
  const [copies, setCopies] = useState(0);
  const [fresh, setFresh] = useState(false);
  useEffect(() => {
    if (copies === 0) return undefined;
    setFresh(true);
    const timer = setTimeout(() => {
      setFresh(false);
    }, noticed);
    return () => {
      clearTimeout(timer);
    };
  }, [copies]);
  const onClick = (): void => {
    post({ type: "copyText", text });
    setCopies(copies + 1);
  };
  return (
    <button
      type="button"
      class="button small"
      onClick={onClick}
      aria-label={fresh ? l10n.t("Copied") : l10n.t("Copy {0}", text)}
    >
      {fresh ? l10n.t("Copied") : l10n.t("Copy")}
    </button>
  );
}
