import type { RefObject } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";
import { namespaceTypes, type NamespaceType, type PerNamespace } from "../extension/core/namespaces.ts";
import type { AnyReport, Finding, Reading, ThreadReport } from "../extension/core/report.ts";
import type { NamespaceId } from "../extension/protocol/messages.ts";
import type { Post } from "./host.ts";

/**
 * Looking at a Linux namespace in one place lights it up in all. Whatever shows one carries it as `data-ns`; whatever
 * shows the one that is looked at gets `data-lit`. Both are kept out of Preact's hands: moving the mouse over the table
 * renders nothing anew.
 */

/** Milliseconds: a mouse that passes over cells does not make the host follow it. */
const settled = 80;

/** For `data-ns`; nothing where it was not read. */
export function tokenOf(type: NamespaceType, reading: Reading): string | undefined {
  return reading.status === "read" ? `${type}:${reading.inode}` : undefined;
}

/** All that a process is in, without the types in which it is somewhere else that was not read. */
export function tokensOf(
  namespaces: PerNamespace<Reading>,
  elsewhere: readonly NamespaceType[] = [],
): string | undefined {
  return joined(
    namespaceTypes.map((type) => (elsewhere.includes(type) ? undefined : tokenOf(type, namespaces[type]))),
  );
}

/** Where a thread is that is not where its process is. */
export function tokensOfThread({ namespaces }: ThreadReport): string | undefined {
  return joined(
    namespaceTypes.map((type) => {
      const { [type]: inode } = namespaces;
      return inode === undefined ? undefined : `${type}:${inode}`;
    }),
  );
}

/** What a finding is about: its container's, or the sandbox's own where it is about no container. */
export function tokensOfFinding(
  { container, namespaceType }: Finding,
  report: AnyReport,
): string | undefined {
  if (namespaceType === null) return undefined;
  const host = tokenOf(namespaceType, report.node.namespaces[namespaceType]);
  const tokens = report.containers
    .filter(({ name }) => container === null || name === container)
    .map(({ namespaces }) => tokenOf(namespaceType, namespaces[namespaceType]));
  return joined(container === null ? tokens.filter((token) => token !== host) : tokens);
}

function joined(tokens: readonly (string | undefined)[]): string | undefined {
  return [...new Set(tokens)].filter((token) => token !== undefined).join(" ") || undefined;
}

/** For the element around all that can light up. */
export function useLighting(post: Post): RefObject<HTMLElement | null> {
  const root = useRef<HTMLElement>(null);
  const lit = useRef<string | null>(null);

  useLayoutEffect(() => {
    const element = root.current;
    if (element === null) return undefined;
    let posted: string | null = null;
    let timer = 0;
    const look = (token: string | null): void => {
      if (token === lit.current) return;
      lit.current = token;
      light(element, token);
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (posted === lit.current) return;
        posted = lit.current;
        post({ type: "highlight", namespace: idOf(posted) });
      }, settled);
    };
    // The mouse goes before the keyboard, which takes over again when the mouse leaves.
    const over = ({ target }: Event): void => {
      look(tokenAt(target) ?? tokenAt(document.activeElement));
    };
    const focused = ({ target }: Event): void => {
      look(tokenAt(target));
    };
    const left = (): void => {
      look(tokenAt(document.activeElement));
    };
    const blurred = ({ relatedTarget }: FocusEvent): void => {
      if (relatedTarget === null) look(null);
    };
    element.addEventListener("pointerover", over);
    element.addEventListener("pointerleave", left);
    element.addEventListener("focusin", focused);
    element.addEventListener("focusout", blurred);
    return () => {
      clearTimeout(timer);
      element.removeEventListener("pointerover", over);
      element.removeEventListener("pointerleave", left);
      element.removeEventListener("focusin", focused);
      element.removeEventListener("focusout", blurred);
    };
  }, [post]);

  // What was rendered anew is lit like what was there.
  useLayoutEffect(() => {
    if (root.current !== null) light(root.current, lit.current);
  });
  return root;
}

function light(root: HTMLElement, token: string | null): void {
  for (const element of root.querySelectorAll<HTMLElement>("[data-ns]")) {
    const isLit = token !== null && (element.dataset["ns"] ?? "").split(" ").includes(token);
    element.toggleAttribute("data-lit", isLit);
  }
}

/** Of the nearest element that is about one Linux namespace alone. */
function tokenAt(target: EventTarget | null): string | null {
  if (!(target instanceof Element)) return null;
  const token = target.closest<HTMLElement>("[data-ns]")?.dataset["ns"] ?? "";
  return token === "" || token.includes(" ") ? null : token;
}

function idOf(token: string | null): NamespaceId | null {
  const [name, inode = ""] = token?.split(":") ?? [];
  const type = namespaceTypes.find((one) => one === name);
  return type === undefined ? null : { type, inode };
}
