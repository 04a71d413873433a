import { spawn } from "node:child_process";
import { once } from "node:events";
import { accessSync, constants, createWriteStream } from "node:fs";
import { copyFile, mkdir, mkdtemp, rename, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cacheFolder } from "./cache-folder.ts";
import { command } from "./command.ts";
import { fetchDebianSource } from "./debian-source.ts";
import { withFileLock } from "./file-lock.ts";

/** Absolute paths of the two programs that Debian has no package of. */
export interface KubernetesBinaries {
  readonly apiserver: string;
  readonly kubelet: string;
}

/** The newest release that Debian carries the source of, with all that it needs to build. */
const version = "1.20.2";

/**
 * Finds kube-apiserver and kubelet: where KUBEBUILDER_ASSETS points (the convention of envtest), then in the cache,
 * else built from Debian's source package into the cache, which takes some minutes once.
 */
export async function ensureKubernetesBinaries(log: (line: string) => void): Promise<KubernetesBinaries> {
  const cache = cacheFolder(`kubernetes-${version}`);
  const found = findKubernetesBinaries();
  if (found !== undefined) return found;
  await mkdir(cache, { recursive: true });
  return withFileLock(join(cache, "lock"), async () => {
    const byAnother = findKubernetesBinaries();
    if (byAnother !== undefined) return byAnother;
    await build(cache, log);
    const built = findKubernetesBinaries();
    if (built === undefined) throw new Error(`The build left no kube-apiserver and kubelet in ${cache}`);
    return built;
  });
}

/** As above without building: undefined when they would have to be built. */
export function findKubernetesBinaries(): KubernetesBinaries | undefined {
  const cache = cacheFolder(`kubernetes-${version}`);
  const { KUBEBUILDER_ASSETS } = process.env;
  const folders =
    KUBEBUILDER_ASSETS === undefined || KUBEBUILDER_ASSETS === "" ? [cache] : [KUBEBUILDER_ASSETS, cache];
  const apiserver = firstExecutable(folders, "kube-apiserver");
  const kubelet = firstExecutable(folders, "kubelet");
  return apiserver === undefined || kubelet === undefined ? undefined : { apiserver, kubelet };
}

/** The second number of a program's version: 20 of "Kubernetes v1.20.2". Flags come and go with it. */
export async function minorVersion(program: string): Promise<number> {
  const said = await command(program, ["--version"]);
  const minor = /^Kubernetes v1\.(\d+)\./.exec(said)?.[1];
  if (minor === undefined) throw new Error(`${program} --version said ${said}`);
  return Number(minor);
}

function firstExecutable(folders: readonly string[], name: string): string | undefined {
  return folders.map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function build(cache: string, log: (line: string) => void): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), "kubernetes-build-"));
  try {
    log(`Building kube-apiserver and kubelet ${version} from Debian's source, once (about 5 minutes)`);
    const tree = await fetchDebianSource("kubernetes", folder);
    const goPath = join(tree, ".go");
    await mkdir(join(goPath, "src", "k8s.io"), { recursive: true });
    await symlink(tree, join(goPath, "src", "k8s.io", "kubernetes"));
    await make(tree, goPath, join(cache, "build.log"));
    for (const name of ["kube-apiserver", "kubelet"]) {
      // Renamed into place, so that a half-copied program is never run.
      const partial = join(cache, `.${name}.partial`);
      await copyFile(join(tree, "_output", "bin", name), partial);
      await rename(partial, join(cache, name));
    }
    log(`Built, and kept in ${cache}`);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function make(tree: string, goPath: string, logFile: string): Promise<void> {
  const output = createWriteStream(logFile);
  await once(output, "open");
  const child = spawn("nice", ["make", "WHAT=cmd/kube-apiserver cmd/kubelet", "GOLDFLAGS=-s -w"], {
    cwd: tree,
    env: {
      ...process.env,
      GOPATH: goPath,
      GOCACHE: join(tree, "..", "go-cache"),
      CGO_ENABLED: "0",
      GOFLAGS: "-mod=vendor",
      // All is vendored: nothing may be fetched.
      GOPROXY: "off",
    },
    stdio: ["ignore", output, output],
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", resolve);
  });
  output.close();
  if (code !== 0) throw new Error(`make failed (${code}); see ${logFile}`);
}
