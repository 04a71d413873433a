import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { command } from "./command.ts";
import { pauseImage, writeImages } from "./images.ts";
import type { Instance } from "./instance.ts";
import { startSupervised, type Supervised } from "./supervised.ts";
import { waitUntil } from "./wait.ts";

/** Runs containerd's own client against this containerd and answers its output. */
export type Ctr = (words: readonly string[]) => Promise<string>;

export interface Containerd {
  readonly server: Supervised;
  /** Path of its gRPC socket, which is the CRI's too. */
  readonly socket: string;
  /** Its `state` folder: one bundle for each running container below it. */
  readonly state: string;
  readonly ctr: Ctr;
}

/** Starts a containerd with folders of its own and loads the bench's images. */
export async function startContainerd(instance: Instance): Promise<Containerd> {
  const folder = join(instance.directory, "containerd");
  const socket = join(folder, "containerd.sock");
  const state = join(folder, "state");
  await mkdir(join(folder, "cni"), { recursive: true });
  await writeFile(join(folder, "config.toml"), configuration(folder));
  await writeFile(join(folder, "cni", "10-bench.conflist"), JSON.stringify(network(instance, folder)));
  const server = startSupervised(instance, "containerd", "containerd", [
    "--config",
    join(folder, "config.toml"),
  ]);
  const ctr: Ctr = (words) =>
    command("ctr", ["--address", socket, "--namespace", "k8s.io", ...words], { timeoutMs: 0 });
  const look = async (): Promise<true | undefined> => {
    if (!server.running()) throw new Error(`containerd ended\n${server.logTail()}`);
    return ctr(["version"]).then(
      () => true,
      () => undefined,
    );
  };
  await waitUntil("containerd to answer", look, { timeoutMs: 30_000, explain: server.logTail });
  for (const archive of await writeImages(folder)) await ctr(["images", "import", archive]);
  return { server, socket, state, ctr };
}

function configuration(folder: string): string {
  const cri = `plugins."io.containerd.grpc.v1.cri"`;
  return `version = 2
root = "${folder}/root"
state = "${folder}/state"
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs",
  "io.containerd.snapshotter.v1.devmapper", "io.containerd.snapshotter.v1.zfs",
]
[grpc]
  address = "${folder}/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "${folder}/opt"
[${cri}]
  sandbox_image = "${pauseImage}"
  stream_server_address = "127.0.0.1"
  stream_server_port = "0"
  # A container that may not lower its OOM score does not start where we lack CAP_SYS_RESOURCE ourselves.
  restrict_oom_score_adj = true
  # Below our folder, where a sweep finds also those of sandboxes that were only half made.
  netns_mounts_under_state_dir = true
[${cri}.cni]
  bin_dir = "/usr/lib/cni"
  conf_dir = "${folder}/cni"
[${cri}.containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[${cri}.containerd.runtimes.runc.options]
  Root = "${folder}/runc"
`;
}

/** A bridge without an address on the node: pods reach each other, and nothing of the machine's network changes. */
function network(instance: Instance, folder: string): unknown {
  return {
    cniVersion: "0.4.0",
    name: instance.network,
    plugins: [
      {
        type: "bridge",
        bridge: instance.network,
        isGateway: false,
        ipMasq: false,
        ipam: { type: "host-local", dataDir: `${folder}/ipam`, ranges: [[{ subnet: instance.subnet }]] },
      },
      { type: "loopback" },
    ],
  };
}
