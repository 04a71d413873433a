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
export const namespaceGloss: PerNamespace<string> = {
  net: "interfaces, ports",
  ipc: "shared memory",
  uts: "hostname",
  pid: "processes",
  mnt: "files",
  user: "user and group IDs",
  cgroup: "limits seen",
  time: "clock offsets",
};
