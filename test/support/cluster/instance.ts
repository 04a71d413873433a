import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, lstat, mkdir, readdir, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { withFileLock } from "./file-lock.ts";
import { lockFileOf, ownerIsAlive, recordPath, type InstanceRecord } from "./instance-record.ts";
import { identify } from "./process-identity.ts";
import { sweep } from "./sweep.ts";

/** One bench on this machine: a folder that holds all of it, and names that no other bench uses. */
export interface Instance {
  /** Everything of this bench: state, sockets, logs, and what a sweep has to know. */
  readonly directory: string;
  /** Name of the CNI network and of its bridge; at most 15 characters (IFNAMSIZ). */
  readonly network: string;
  /** IPv4 range of the pods. */
  readonly subnet: string;
  readonly nodeName: string;
  /** Ends every process of the bench and removes every trace. May be called twice. */
  release(): Promise<void>;
}

const mostBenches = 16;

/**
 * Takes a free place for a bench, after sweeping away what crashed ones left. A guardian process cleans up when this
 * process ends, however it ends.
 */
export async function claimInstance(): Promise<Instance> {
  const base = await baseFolder();
  const claimed = await withFileLock(lockFileOf(join(base, "any")), async () => {
    await sweepStale(base);
    return claim(base);
  });
  const program = fileURLToPath(new URL("guardian.ts", import.meta.url));
  const guardian = spawn(process.execPath, [program, claimed.directory], {
    stdio: ["pipe", "inherit", "inherit"],
    detached: true,
  });
  const closed = once(guardian, "close");
  return {
    ...claimed,
    release: async () => {
      guardian.stdin.end();
      const [code] = await closed;
      if (code !== 0)
        throw new Error(`Cleaning up the bench in ${claimed.directory} failed (${String(code)})`);
    },
  };
}

/** One folder for each user, where benches of all checkouts find each other. */
async function baseFolder(): Promise<string> {
  const base = join(tmpdir(), `pod-sandbox-bench-${process.getuid?.() ?? 0}`);
  await mkdir(base, { recursive: true });
  const stat = await lstat(base);
  if (!stat.isDirectory() || stat.uid !== process.getuid?.()) throw new Error(`${base} is not ours`);
  // Others must get through to the ssh users' public keys, but may not write here.
  await chmod(base, 0o755);
  return base;
}

async function sweepStale(base: string): Promise<void> {
  for (const name of await readdir(base)) {
    const directory = join(base, name);
    if (/^\d+$/.test(name) && !ownerIsAlive(directory)) await sweep(directory);
  }
}

async function claim(base: string): Promise<Omit<Instance, "release">> {
  const taken = new Set(await readdir(base));
  const index = Array.from({ length: mostBenches }, (_, at) => at).find((at) => !taken.has(String(at)));
  if (index === undefined) throw new Error(`${mostBenches} benches are running already, see ${base}`);
  const owner = identify(process.pid);
  if (owner === undefined) throw new Error("This process has no identity");
  const directory = join(base, String(index));
  const network = `psbench${index}`;
  for (const folder of ["", "processes", "logs", "pods"])
    await mkdir(join(directory, folder), { mode: 0o755 });
  const record: InstanceRecord = { owner, network };
  await writeFile(recordPath(directory), JSON.stringify(record));
  return { directory, network, subnet: `10.213.${index}.0/24`, nodeName: `bench-${index}` };
}
