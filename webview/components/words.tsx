import type { JSX } from "preact";
import type { Sentence } from "../../extension/core/phrase.ts";

/** A text with its strong parts; see core/phrase.ts. */
export function Words({ of }: { of: Sentence }): JSX.Element {
  return <>{of.map(({ text, strong }) => (strong ? <strong>{text}</strong> : text))}</>;
}
