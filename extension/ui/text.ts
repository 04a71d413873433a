import { oneLine as cutLine } from "../core/one-line.ts";

/** Longest untrusted text in a label, in characters: Kubernetes names have at most 253. */
const maxLength = 300;

/** Longest text of a few sentences that may hold untrusted names, in characters. */
const maxSentences = 1000;

/** Untrusted text as one printable line for a label, a message or a dialog. */
export function oneLine(untrusted: string): string {
  return cutLine(untrusted, maxLength);
}

/** The same for what may be a few sentences long, in a tooltip or spoken. */
export function oneParagraph(untrusted: string): string {
  return cutLine(untrusted, maxSentences);
}

/** The same where VS Code would make an icon of "$(name)". */
export function withoutIcons(untrusted: string): string {
  return oneLine(untrusted).replaceAll("$(", "$ (");
}

/** The parts of a description, those that say nothing left out. */
export function joined(...parts: readonly string[]): string {
  return parts.filter(Boolean).join(" · ");
}

/** The same as a sentence to be spoken, without the full stops inside. */
export function sentence(...parts: readonly string[]): string {
  return parts
    .filter(Boolean)
    .map((text) => (text.endsWith(".") ? text.slice(0, -1) : text))
    .join(", ");
}
