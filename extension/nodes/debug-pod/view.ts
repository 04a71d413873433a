/** Whose programs and files a command in a debug pod sees. The processes are the node's in both. */
export type DebugPodView =
  /** The node's own. */
  | "node"
  /** The image's, and the node's /sys/fs/cgroup: for nodes without a shell (Talos, Bottlerocket). */
  | "image";

/** What is to be run in the pod so that a command sees that. util-linux, BusyBox and toybox have this nsenter(1). */
export function seenFrom(view: DebugPodView, argv: readonly string[]): readonly string[] {
  return view === "node" ? ["nsenter", "-t", "1", "-m", "--", ...argv] : argv;
}

/** Succeeds where the view has a shell; ends by itself and reads nothing. */
export const shellTest = ["sh", "-c", "exit 0"] as const;
