import * as l10n from "@vscode/l10n";
import type { NamespaceType } from "./namespaces.ts";
import type { AnyReport, Finding } from "./report.ts";
import { parseRuntime } from "./runtime.ts";

/** What sharing one Linux namespace of a type means to a reader, as it stands in a sentence. */
export function sharedThing(type: NamespaceType): string {
  switch (type) {
    case "net":
      return l10n.t("network");
    case "ipc":
      return l10n.t("IPC");
    case "uts":
      return l10n.t("hostname");
    case "pid":
      return l10n.t("processes");
    case "mnt":
      return l10n.t("files");
    case "user":
      return l10n.t("user IDs");
    case "cgroup":
      return l10n.t("cgroup view");
    case "time":
      return l10n.t("clock offsets");
  }
}

/** "network, IPC and hostname" */
export function listOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : l10n.t("{0} and {1}", inARow(words.slice(0, -1)), last);
}

/** "network, IPC, hostname" */
export function inARow(words: readonly string[]): string {
  return words.length === 0 ? "" : words.reduce((before, word) => l10n.t("{0}, {1}", before, word));
}

export function thingsOf(types: readonly NamespaceType[]): string {
  return listOf(types.map(sharedThing));
}

/** "one" to "nine", then digits. */
export function countWord(count: number): string {
  switch (count) {
    case 1:
      return l10n.t("one");
    case 2:
      return l10n.t("two");
    case 3:
      return l10n.t("three");
    case 4:
      return l10n.t("four");
    case 5:
      return l10n.t("five");
    case 6:
      return l10n.t("six");
    case 7:
      return l10n.t("seven");
    case 8:
      return l10n.t("eight");
    case 9:
      return l10n.t("nine");
    default:
      return String(count);
  }
}

export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** Sentences one after the other; those that are "" are left out. */
export function sentencesOf(sentences: readonly string[]): string {
  const said = sentences.filter((sentence) => sentence !== "");
  return said.length === 0 ? "" : said.reduce((before, next) => l10n.t("{0} {1}", before, next));
}

/** What keeps the Linux namespaces alive, as the end of "Running on node-a, …". */
export function holderWords({ sandbox: { holder }, containers }: AnyReport): string {
  switch (holder.kind) {
    case "process": {
      const name = (
        containers.find(({ pid }) => pid !== null && pid === holder.pid) ??
        containers.find(({ kind }) => kind === "infra")
      )?.name;
      const { pid } = holder;
      if (name === undefined) {
        return pid === null ? l10n.t("held by a process") : l10n.t("held by PID {0}", pid);
      }
      return pid === null ? l10n.t("held by {0}", name) : l10n.t("held by {0}, PID {1}", name, pid);
    }
    case "pinned":
      return l10n.t("held by bind mounts, no pause process");
    case "none":
      return l10n.t("held by nothing but its own processes");
    case "virtualised":
      return l10n.t("inside a sandboxed runtime");
    case "unknown":
      return l10n.t("what holds the sandbox is not known");
  }
}

/** "containerd 1.6.20"; where nobody says which runtime it is, "" for processes that need none. */
export function runtimeWords(report: AnyReport): string {
  const { runtime } = report.node;
  if (runtime === "") return "pod" in report ? l10n.t("runtime not known") : "";
  const { name, version } = parseRuntime(runtime);
  if (name === "other") return runtime.replace(/^([a-z][a-z0-9-]*):\/\//, "$1 ");
  return version === "" ? name : `${name} ${version}`;
}

/**
 * A finding's message, cut where it is to be emphasised: its subject, which is the container's name where the message
 * begins with it, and the rest. The subject is "" for findings about the pod or the node.
 */
export function findingParts({ container, namespaceType, message }: Finding): {
  readonly subject: string;
  readonly rest: string;
} {
  if (container !== null && container !== "" && message.startsWith(`${container} `)) {
    return { subject: container, rest: message.slice(container.length) };
  }
  const about = [container ?? "", namespaceType ?? ""].filter((part) => part !== "");
  return about.length === 0
    ? { subject: "", rest: message }
    : { subject: `${inARow(about)}:`, rest: ` ${message}` };
}

/** What a container is besides an ordinary one, where there is little room. */
export function shortKind(kind: "init" | "sidecar" | "ephemeral"): string {
  switch (kind) {
    case "init":
      return l10n.t("init");
    case "sidecar":
      return l10n.t("sidecar");
    case "ephemeral":
      return l10n.t("ephemeral");
  }
}

/** "1 process", "2 processes" */
export function processCount(count: number): string {
  return count === 1 ? l10n.t("1 process") : l10n.t("{0} processes", count);
}

/** Short remarks as one sentence, whether or not they come with a full stop. */
export function oneSentence(remarks: readonly string[]): string {
  if (remarks.length === 0) return "";
  const bare = remarks.map((remark) => remark.replace(/[.。]$/, ""));
  return l10n.t(
    "{0}.",
    bare.reduce((before, next) => l10n.t("{0}; {1}", before, next)),
  );
}
