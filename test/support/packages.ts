import { spawn, spawnSync } from "node:child_process";
import { existsSync, globSync } from "node:fs";
import { findKubernetesBinaries } from "./cluster/kubernetes-binaries.ts";

/** The suites of `npm test`, and `lab` for `npm start`. */
export type Suite = "check" | "unit" | "integration" | "cluster" | "e2e" | "lab";

/** A Debian package, and a file that shows that it (or the same program from elsewhere) is there. */
interface Need {
  readonly debianPackage: string;
  readonly anyOf: readonly string[];
}

function program(debianPackage: string, name = debianPackage): Need {
  const folders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];
  return { debianPackage, anyOf: folders.map((folder) => `${folder}/${name}`) };
}

const sshd = program("openssh-server", "sshd");
const busybox = program("busybox-static", "busybox");
/** Moves one thread alone to another namespace. */
const perlThreads: Need = { debianPackage: "perl", anyOf: globSync("/usr/lib/*/perl/5.*/threads.pm") };

/** The shells, tools and ways to become root that nodes have. */
const manyShells: readonly Need[] = [
  ...["bash", "dash", "ksh", "mksh", "zsh", "tcsh", "fish", "yash", "posh", "toybox", "sudo"].map((name) =>
    program(name),
  ),
  program("opendoas", "doas"),
];

/** What makes kube-apiserver and kubelet from source, where they are not there yet. */
const kubernetesBuild: readonly Need[] = [
  program("golang-go", "go"),
  program("dpkg-dev", "dpkg-source"),
  program("make"),
  // Kubernetes' build scripts copy with it.
  program("rsync"),
];

function needsOf(suite: Suite): readonly Need[] {
  switch (suite) {
    case "unit":
    case "check":
    case "lab":
      return [];
    case "integration":
      return [
        sshd,
        program("openssh-client", "ssh-keygen"),
        busybox,
        perlThreads,
        program("iproute2", "ip"),
        ...manyShells,
      ];
    case "cluster":
      return [
        program("etcd-server", "etcd"),
        program("containerd"),
        program("runc"),
        program("docker.io", "dockerd"),
        program("docker.io", "docker"),
        program("podman"),
        program("conmon"),
        program("crun"),
        program("runsc"),
        { debianPackage: "containernetworking-plugins", anyOf: ["/usr/lib/cni/bridge"] },
        sshd,
        program("sudo"),
        program("openssl"),
        // The kubelet calls both.
        program("iproute2", "ip"),
        program("iptables"),
        // Any other busybox may need libraries that are not in a container.
        { debianPackage: "busybox-static", anyOf: ["/var/lib/dpkg/info/busybox-static.list"] },
        program("gcc"),
        { debianPackage: "libc6-dev", anyOf: globSync("/usr/lib/{*/,}libc.a") },
        ...(findKubernetesBinaries() === undefined ? kubernetesBuild : []),
      ];
    case "e2e":
      return [program("chromium")];
  }
}

/** Debian packages that the suite needs and this machine lacks; empty when it can run. */
export function missingPackages(suite: Suite): string[] {
  const missing = needsOf(suite).filter((need) => !need.anyOf.some((path) => existsSync(path)));
  return [...new Set(missing.map((need) => need.debianPackage))];
}

/** What a person without the right to install would run. */
export function installLine(packages: readonly string[]): string {
  return `sudo apt-get install --yes --no-install-recommends ${packages.join(" ")}`;
}

/** Whether this process may install Debian packages: root, on a machine with apt. */
export function canInstall(): boolean {
  return process.getuid?.() === 0 && existsSync("/usr/bin/apt-get");
}

/**
 * Installs Debian packages and says so; without the right to, prints the line to run.
 * Answers whether the packages are there now. The package index is fetched once, and only where the machine's own
 * does not know a package or names a version that the mirror no longer has.
 */
export async function installPackages(
  packages: readonly string[],
  log: (line: string) => void = console.log,
): Promise<boolean> {
  if (packages.length === 0) return true;
  if (!canInstall()) {
    log(`Missing system packages. Please run: ${installLine(packages)}`);
    return false;
  }
  log(`Installing system packages: ${packages.join(" ")}`);
  if (allKnown(packages) && (await aptGet(installArguments(packages), log))) return true;
  if (!(await aptGet(["update", "--quiet=2"], log))) return false;
  return aptGet(installArguments(packages), log);
}

function installArguments(packages: readonly string[]): string[] {
  return ["install", "--yes", "--quiet=2", "--no-install-recommends", ...packages];
}

function allKnown(packages: readonly string[]): boolean {
  return packages.every((name) => {
    const shown = spawnSync("apt-cache", ["show", "--no-all-versions", name], { stdio: "ignore" });
    return shown.status === 0;
  });
}

async function aptGet(parameters: readonly string[], log: (line: string) => void): Promise<boolean> {
  const child = spawn("apt-get", parameters, {
    stdio: ["ignore", "pipe", "pipe"],
    // Installing a server must not start it: the tests run their own, on ports of their own (invoke-rc.d(8)).
    env: { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" },
  });
  let output = "";
  const keep = (chunk: Buffer): void => {
    output = (output + chunk.toString()).slice(-4000);
  };
  child.stdout.on("data", keep);
  child.stderr.on("data", keep);
  const code = await new Promise<number | null>((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", resolve);
  });
  if (code !== 0) log(`apt-get ${parameters[0]} failed (${code}):\n${output}`);
  return code === 0;
}
