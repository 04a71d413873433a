import * as l10n from "@vscode/l10n";
import { perNamespace } from "../namespaces.ts";
import type { Reading } from "../report.ts";
import type { HostReference, ProcessScan } from "../scan.ts";

/** PROC_PID_INIT_INO of the kernel's include/linux/proc_ns.h: the initial PID namespace's inode, a constant. */
const initialPidNamespace = "4026531836";

/** The node's own Linux namespaces, from its processes 1 and 2. */
export function hostReference(init: ProcessScan | undefined, second: ProcessScan | undefined): HostReference {
  const pidNamespace = init?.namespaces.pid;
  if (init !== undefined && pidNamespace?.status === "read") {
    return {
      namespaces: init.namespaces,
      source: "pid1",
      nested: pidNamespace.inode !== initialPidNamespace,
    };
  }
  const inInitial =
    second?.namespaces.pid.status === "read" && second.namespaces.pid.inode === initialPidNamespace;
  if (second !== undefined && second.comm === "kthreadd" && second.ppid === 0 && inInitial) {
    return { namespaces: second.namespaces, source: "kthreadd", nested: false };
  }
  const hidden: Reading = { status: "denied", reason: l10n.t("the node's PID 1 may not be read") };
  return { namespaces: init?.namespaces ?? perNamespace(() => hidden), source: "nobody", nested: false };
}
