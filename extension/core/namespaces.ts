import * as l10n from "@vscode/l10n";

/**
 * The eight Linux namespace types, in the order in which people ask about them.
 * Source: namespaces(7). `pid_for_children` and `time_for_children` are links to a type, not types.
 */
export const namespaceTypes = ["net", "ipc", "uts", "pid", "mnt", "user", "cgroup", "time"] as const;

export type NamespaceType = (typeof namespaceTypes)[number];

/** One value for each Linux namespace type. */
export type PerNamespace<T> = Readonly<Record<NamespaceType, T>>;

/** Builds a value for every type, so that none can be forgotten. */
export function perNamespace<T>(valueOf: (type: NamespaceType) => T): PerNamespace<T> {
  return {
    net: valueOf("net"),
    ipc: valueOf("ipc"),
    uts: valueOf("uts"),
    pid: valueOf("pid"),
    mnt: valueOf("mnt"),
    user: valueOf("user"),
    cgroup: valueOf("cgroup"),
    time: valueOf("time"),
  };
}

/** What each type isolates, in words for somebody who meets it for the first time. */
export function namespaceGloss(type: NamespaceType): string {
  switch (type) {
    case "net":
      return l10n.t("interfaces, ports");
    case "ipc":
      return l10n.t("shared memory");
    case "uts":
      return l10n.t("hostname");
    case "pid":
      return l10n.t("processes");
    case "mnt":
      return l10n.t("files");
    case "user":
      return l10n.t("user and group IDs");
    case "cgroup":
      return l10n.t("limits seen");
    case "time":
      return l10n.t("clock offsets");
  }
}
