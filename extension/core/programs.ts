import * as l10n from "@vscode/l10n";
import type { ProcessScan } from "./scan.ts";

/** A path's last part. */
export function baseName(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}

/** The word behind an option of a command line; undefined where there is none. */
export function optionOf(argv: readonly string[], name: string): string | undefined {
  const at = argv.indexOf(name, 1);
  return at < 0 ? undefined : argv[at + 1];
}

/** Names of infra containers' programs: Kubernetes' and most distributions' `pause`, OpenShift's `pod`. */
export function isPauseProgram(program: string): boolean {
  return /^(?:\/(?:[\w.-]+\/)*)?(?:pause(?:-[a-z0-9]+)?|pod)$/.test(program);
}

/**
 * A process of runc, youki or crun on its way to become a container's, or an exec's: its Linux namespaces are not yet
 * what they will be. Sources: runc's libcontainer/nsenter/nsexec.c names its stages `runc:[0:PARENT]` to
 * `runc:[2:INIT]`, and before the first it waits, in the container's cgroup already, as `runc init`; youki names them
 * alike (`youki:[1:INTER]`); crun keeps the command line that it was called with, which names the container, and is
 * called `crun`, or after the sealed copy of itself that it runs (libcrun/cloned_binary.c).
 */
export function isRuntimeInit({ comm, argv, cgroup }: ProcessScan): boolean {
  const program = baseName(argv[0] ?? "");
  if (/^(?:runc|youki):\[/.test(comm)) return true;
  if (program === "runc") return argv.length === 2 && argv[1] === "init";
  const { containerId } = cgroup;
  return (
    program === "crun" &&
    /^(?:crun|memfd:crun_clon|\d+)$/.test(comm) &&
    (argv.includes("create") || argv.includes("exec")) &&
    containerId !== undefined &&
    argv.includes(containerId)
  );
}

/** What has a kernel of its own for its containers, by its programs: a shim, a sentry, a virtual machine monitor. */
const kernels: readonly { readonly program: RegExp; readonly name: () => string }[] = [
  { program: /^(?:runsc(?:-sandbox|-gofer)?|containerd-shim-runsc-v\d+)$/, name: () => "gVisor" },
  {
    program: /^(?:containerd-shim-kata-v\d+|kata-runtime|kata-shim)$/,
    name: () => l10n.t("a virtual machine (Kata Containers)"),
  },
  {
    program: /^(?:firecracker|containerd-shim-aws-firecracker)$/,
    name: () => l10n.t("a virtual machine (Firecracker)"),
  },
  { program: /^cloud-hypervisor$/, name: () => l10n.t("a virtual machine (Cloud Hypervisor)") },
  { program: /^(?:qemu-system-.+|qemu-kvm|qemu-lite)$/, name: () => l10n.t("a virtual machine (QEMU)") },
];

/** What kernel of its own these programs (`argv[0]`, maybe with a path) are a sign of; undefined = the node's. */
export function kernelOf(programs: readonly string[]): string | undefined {
  const names = programs.map(baseName);
  return kernels.find(({ program }) => names.some((name) => program.test(name)))?.name();
}

/** The same from the handler of a RuntimeClass, which the cluster's administrator names. */
export function kernelOfHandler(handler: string): string | undefined {
  if (/^(?:gvisor|runsc)/.test(handler)) return "gVisor";
  if (handler.startsWith("kata")) return l10n.t("a virtual machine (Kata Containers)");
  return undefined;
}
