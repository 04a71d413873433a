import { once } from "node:events";
import { startControlPlane } from "./control-plane.ts";
import { startNode } from "./node.ts";
import type { PodManifest } from "./pods.ts";

// For developers: a real single-node cluster until Ctrl-C, with a few pods in it. Run as root:
//   node test/support/cluster/up.ts

const sleeper = { name: "app", command: ["sleep", "1000000"] };
const pods: readonly PodManifest[] = [
  { name: "plain", spec: { containers: [sleeper] } },
  {
    name: "shared-pid",
    spec: { shareProcessNamespace: true, containers: [sleeper, { ...sleeper, name: "second" }] },
  },
  { name: "host-network", spec: { hostNetwork: true, containers: [sleeper] } },
  { name: "host-ipc", spec: { hostIPC: true, containers: [sleeper] } },
  { name: "host-pid", spec: { hostPID: true, containers: [sleeper] } },
  {
    name: "init-ended",
    namespace: "allowed",
    spec: { initContainers: [{ name: "setup", command: ["true"] }], containers: [sleeper] },
  },
  {
    name: "crash-loop",
    spec: {
      containers: [
        { name: "app", command: ["false"] },
        { ...sleeper, name: "steady" },
      ],
    },
  },
];

const plane = await startControlPlane({ log: console.log });
try {
  const node = await startNode(plane);
  for (const pod of pods) await node.pods.apply(pod);
  const { ssh } = node;
  console.log(`kubeconfig   ${plane.kubeconfigPath}   (contexts admin, nobody, limited)
node         ${node.nodeName}   cgroup root ${node.cgroupRoot}
ssh          ${ssh.user}@${ssh.host} port ${ssh.port}   also users ${ssh.plainUser} (no sudo), ${ssh.sudoUser} (sudo -n)
private key  ${ssh.privateKeyPath}
known_hosts  ${ssh.knownHostsPath}
runtime      ctr --address ${node.criSocket} --namespace k8s.io task ls
logs         ${plane.instance.directory}/logs
Ctrl-C ends it and removes every trace.`);
  await Promise.race([once(process, "SIGINT"), once(process, "SIGTERM")]);
} finally {
  await plane.stop();
}
