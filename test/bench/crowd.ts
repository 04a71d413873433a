import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmdirSync } from "node:fs";
import path from "node:path";
import { setTimeout } from "node:timers/promises";

/** A pod of the crowd. */
export interface CrowdPod {
  readonly uid: string;
  readonly containerIds: readonly string[];
}

/** Processes of a node that has many; all of them sleep. */
export interface Crowd {
  /** Each with a pause and two containers. */
  readonly pods: readonly CrowdPod[];
  stop(): Promise<void>;
}

/**
 * Starts so many processes. Three of thirty are a pod: in cgroups as the kubelet makes them, in Linux namespaces of
 * their own, of which they share net, ipc and uts. All others are the node's. Needs root on Linux and Perl.
 */
export async function startCrowd(count: number): Promise<Crowd> {
  const hierarchy = ["/sys/fs/cgroup/systemd", "/sys/fs/cgroup"].find((root) =>
    existsSync(path.join(root, "cgroup.procs")),
  );
  if (hierarchy === undefined) throw new Error("no cgroup hierarchy to write to: run as root on Linux");
  const top = path.join(hierarchy, "kubepods");
  // A kubelet ends what it does not know.
  if (existsSync(top))
    throw new Error(`${top} is there: a kubelet runs on this machine, or something is left of one`);
  const pods = Array.from({ length: Math.ceil(count / 30) }, (_, at) => {
    const uid = randomUUID();
    const containerIds = ["a", "b", "c"].map((digit) => `${at.toString(16)}${digit}`.padStart(64, "0"));
    return { uid, containerIds };
  });
  const folders = pods.flatMap(({ uid, containerIds }) =>
    containerIds.map((id) => path.join(top, `besteffort/pod${uid}`, id)),
  );
  for (const folder of folders) mkdirSync(folder, { recursive: true });
  const crowd = spawn("perl", ["-e", program, String(count), ...folders], {
    stdio: ["ignore", "pipe", "inherit"],
    detached: true,
  });
  await once(crowd.stdout, "data");
  // The last of them have yet to become `sleep`.
  await setTimeout(1000);
  return {
    pods,
    stop: async () => {
      const ended = once(crowd, "exit");
      // One process group of our own making.
      if (crowd.pid !== undefined) process.kill(-crowd.pid, "SIGKILL");
      await ended;
      await removeCgroup(top);
    },
  };
}

/** Of a pod: the first makes net, ipc, uts and mnt, its siblings join the first three and make mnt. */
const program = `
  use strict; use Config; $| = 1;
  my ($unshare, $setns) = $Config{archname} =~ /aarch64/ ? (97, 268) : (272, 308);
  my ($count, @folders) = @ARGV;
  for my $at (0 .. $count - 1) {
    my $pod = $at % 30 < 3 ? int($at / 30) : -1;
    my $first;
    pipe my $ready, my $tell;
    my $pid = fork // die $!;
    if (!$pid) {
      if ($pod >= 0) {
        my $in = $folders[$pod * 3 + $at % 30];
        open my $procs, ">", "$in/cgroup.procs" or die $!; print $procs $$; close $procs or die $!;
        if ($at % 30 == 0) { syscall($unshare, 0x40000000 | 0x08000000 | 0x04000000 | 0x00020000) == 0 or die $! }
        else {
          for my $type ("net", "ipc", "uts") {
            open my $link, "<", "/proc/$ENV{FIRST}/ns/$type" or die $!;
            syscall($setns, fileno $link, 0) == 0 or die $!;
          }
          syscall($unshare, 0x00020000) == 0 or die $!;
        }
      }
      close $ready; close $tell; close STDOUT;
      exec "sleep", "3600";
    }
    $ENV{FIRST} = $pid if $pod >= 0 && $at % 30 == 0;
    close $tell;
    # Until it is what it will be, where others join it.
    <$ready> if $pod >= 0;
  }
  print "up\\n";
  sleep 3600;
`;

/** Empty ones can be removed, and those who left take a moment to be gone. */
async function removeCgroup(folder: string): Promise<void> {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) await removeCgroup(path.join(folder, entry.name));
  }
  for (
    let tries = 0;
    readFileSync(path.join(folder, "cgroup.procs"), "utf8") !== "" && tries < 500;
    tries++
  ) {
    await setTimeout(20);
  }
  rmdirSync(folder);
}
