import type { NamespaceType, PerNamespace } from "./namespaces.ts";
import type { AnyReport, Finding } from "./report.ts";
import { parseRuntime } from "./runtime.ts";

/** What sharing one Linux namespace of each type means to a reader, as it stands in a sentence. */
export const sharedThing: PerNamespace<string> = {
  net: "network",
  ipc: "IPC",
  uts: "hostname",
  pid: "processes",
  mnt: "files",
  user: "user IDs",
  cgroup: "cgroup view",
  time: "clock offsets",
};

/** "network, IPC and hostname" */
export function listOf(words: readonly string[]): string {
  const last = words.at(-1) ?? "";
  return words.length < 2 ? last : `${words.slice(0, -1).join(", ")} and ${last}`;
}

export function thingsOf(types: readonly NamespaceType[]): string {
  return listOf(types.map((type) => sharedThing[type]));
}

/** "one" to "nine", then digits. */
export function countWord(count: number): string {
  return (
    ["no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"][count] ?? String(count)
  );
}

export function capitalised(text: string): string {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** What keeps the Linux namespaces alive, as the end of "Running on node-a, …". */
export function holderWords({ sandbox: { holder }, containers }: AnyReport): string {
  switch (holder.kind) {
    case "process": {
      const name = (
        containers.find(({ pid }) => pid !== null && pid === holder.pid) ??
        containers.find(({ kind }) => kind === "infra")
      )?.name;
      const pid = holder.pid === null ? undefined : `PID ${String(holder.pid)}`;
      return `held by ${[name, pid].filter((part) => part !== undefined).join(", ") || "a process"}`;
    }
    case "pinned":
      return "held by bind mounts, no pause process";
    case "none":
      return "held by nothing but its own processes";
    case "virtualised":
      return "inside a sandboxed runtime";
    case "unknown":
      return "what holds the sandbox is not known";
  }
}

/** "containerd 1.6.20"; where nobody says which runtime it is, "" for processes that need none. */
export function runtimeWords(report: AnyReport): string {
  const { runtime } = report.node;
  if (runtime === "") return "pod" in report ? "runtime not known" : "";
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
  const about = [container, namespaceType].filter((part) => part !== null && part !== "");
  return about.length === 0
    ? { subject: "", rest: message }
    : { subject: `${about.join(", ")}:`, rest: ` ${message}` };
}

/** "1 process", "2 processes" */
export function counted(count: number, one: string, many: string): string {
  return `${String(count)} ${count === 1 ? one : many}`;
}

/** Short remarks as one sentence, whether or not they come with a full stop. */
export function oneSentence(remarks: readonly string[]): string {
  return remarks.length === 0 ? "" : `${remarks.map((remark) => remark.replace(/\.$/, "")).join("; ")}.`;
}
