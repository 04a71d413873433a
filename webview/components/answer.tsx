import type { JSX } from "preact";
import type { Run } from "../../extension/core/phrase.ts";

export function Answer({ answer }: { answer: readonly Run[] }): JSX.Element {
  return <p class="answer">{answer.map(({ text, strong }) => (strong ? <strong>{text}</strong> : text))}</p>;
}
