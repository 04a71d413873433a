import * as l10n from "@vscode/l10n";
import type { NamespaceType } from "./namespaces.ts";
import type { AnyReport, HeldNamespace, Hold } from "./report.ts";
import { inARow } from "./words.ts";

/** Linux namespaces that the very same things keep alive, to be told in one line. */
export interface HeldTogether {
  readonly namespaces: readonly HeldNamespace[];
  readonly holds: readonly Hold[];
}

/** In the order in which they first come; of what one pause process holds, one entry instead of three. */
export function heldTogether(namespaces: readonly HeldNamespace[]): readonly HeldTogether[] {
  const groups = new Map<string, HeldNamespace[]>();
  for (const held of namespaces) {
    const key = JSON.stringify(held.holds);
    groups.set(key, [...(groups.get(key) ?? []), held]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    return first === undefined ? [] : [{ namespaces: group, holds: first.holds }];
  });
}

/** "pause, PID 30208", "bind mount /run/netns/cni-1", "descriptor 7 of containerd, PID 812" */
export function holdWords(hold: Hold): string {
  switch (hold.kind) {
    case "process":
      return hold.container === null
        ? l10n.t("{0} from outside, PID {1}", hold.comm, hold.pid)
        : l10n.t("{0}, PID {1}", hold.container, hold.pid);
    case "pinned":
      return l10n.t("bind mount {0}", hold.path);
    case "descriptor":
      return l10n.t("descriptor {0} of {1}, PID {2}", hold.fd, hold.comm, hold.pid);
  }
}

/** What becomes of the Linux namespaces when the containers end; one sentence. */
export function holderSentence({ sandbox: { holder }, containers }: AnyReport): string {
  switch (holder.kind) {
    case "process": {
      const name = containers.find(({ pid }) => pid !== null && pid === holder.pid)?.name;
      return name === undefined
        ? l10n.t("One process keeps what it is in, even when every other process ends.")
        : l10n.t("{0} keeps what it is in, even when every other process ends.", name);
    }
    case "pinned":
      return l10n.t(
        "Bind mounts keep what is shared, even when every process ends. There is no pause process.",
      );
    case "none":
      return l10n.t("Nothing but their own processes: each Linux namespace ends with its last process.");
    case "virtualised":
      return l10n.t("They are inside a kernel of their own, where the node cannot look.");
    case "unknown":
      return l10n.t("What holds them was not seen, or not all of it.");
  }
}

/**
 * Where a PID or user namespace hangs in its tree: "parent: the node's, owner: user 4026532710". The owner is the user
 * namespace whose root may administer it. "" for the other types, and where the node did not tell.
 */
export function lineageWords({ type, parent, owner }: HeldNamespace, report: AnyReport): string {
  if (type !== "pid" && type !== "user") return "";
  const named = (inode: string, of: NamespaceType): string => {
    const { [of]: host } = report.node.namespaces;
    return host.status === "read" && host.inode === inode ? l10n.t("the node's") : `${of} ${inode}`;
  };
  return inARow([
    ...(parent === null ? [] : [l10n.t("parent: {0}", named(parent, type))]),
    ...(owner === null ? [] : [l10n.t("owner: {0}", named(owner, "user"))]),
  ]);
}
