import type { ContainerBlueprint, PodBlueprint, ProcessBlueprint } from "./blueprint.ts";

/** The node whose kernel the lab reads. */
export const labNode = "lab-node";
export const virtualNode = "virtual-node";
export const windowsNode = "windows-node";

/** Finished pods that are there to be paged through. */
const archivedPods = 60;

/** A process with two children. */
export const nginxProcess: ProcessBlueprint = {
  argv0: "nginx: master process nginx -g daemon off;",
  comm: "nginx",
  script: "nginx.bash",
  ready: 3,
};

const nginx: ContainerBlueprint = {
  name: "nginx",
  kind: "app",
  image: "docker.io/library/nginx:1.29",
  state: "running",
  process: nginxProcess,
};

function idle(argv0: string, comm: string): ProcessBlueprint {
  return { argv0, comm, script: "idle.bash", ready: 1 };
}

/** The pause process of every sandbox. */
export const pauseProcess = idle("/pause", "pause");

/** As hostile as text can be: a real API server refuses such names, a forged one need not. */
const hostile = {
  pod: "<img src=x onerror=alert(1)>$(touch x)",
  container: "`touch x`';--",
  image: "</style><script>alert(1)</script>",
  argv0: "<b>argv</b>\n/proc/1/cmdline:forged\n#end",
  comm: ") R 1 1 (\n#end",
};

/** The lab's pods. */
export const catalogue: readonly PodBlueprint[] = [
  {
    namespace: "default",
    name: "web",
    nodeName: labNode,
    phase: "Running",
    ownerKind: "ReplicaSet",
    about:
      "The usual case: nginx and a sidecar share network, IPC and hostname; each has its own processes and files.",
    containers: [
      {
        name: "log-shipper",
        kind: "sidecar",
        image: "registry.example/log-shipper:2.4",
        state: "running",
        process: idle("/usr/bin/log-shipper", "log-shipper"),
      },
      nginx,
    ],
  },
  {
    namespace: "default",
    name: "shared-pids",
    nodeName: labNode,
    phase: "Running",
    shareProcessNamespace: true,
    about:
      "shareProcessNamespace: pause is PID 1 for all, and a zombie waits until its parent ends and pause reaps it.",
    containers: [
      nginx,
      {
        name: "report-runner",
        kind: "app",
        image: "registry.example/report-runner:0.9",
        state: "running",
        process: { argv0: "sleep infinity", comm: "report-runner", script: "forgetful.bash", ready: 1 },
      },
    ],
  },
  {
    namespace: "default",
    name: "pause-demo",
    nodeName: labNode,
    phase: "Running",
    shareProcessNamespace: true,
    about:
      "The classic demo, docker run --net=container:pause --pid=container:pause: network and processes shared, IPC and hostname not.",
    containers: [{ ...nginx, own: ["ipc", "uts"] }],
  },
  {
    namespace: "default",
    name: "debugged",
    nodeName: labNode,
    phase: "Running",
    about: "The debugger was to join nginx's PID namespace but sits in its own: it cannot see nginx.",
    containers: [
      nginx,
      {
        name: "debugger",
        kind: "ephemeral",
        image: "docker.io/library/busybox:1.37",
        state: "running",
        process: idle("sh", "sh"),
        target: "nginx",
        own: ["pid"],
      },
    ],
  },
  {
    namespace: "default",
    name: "targeted",
    nodeName: labNode,
    phase: "Running",
    about: "The debugger joined nginx's PID namespace, as kubectl debug --target asks for.",
    containers: [
      nginx,
      {
        name: "debugger",
        kind: "ephemeral",
        image: "docker.io/library/busybox:1.37",
        state: "running",
        process: idle("sh", "sh"),
        target: "nginx",
      },
    ],
  },
  {
    namespace: "kube-system",
    name: "host-network",
    nodeName: labNode,
    phase: "Running",
    ownerKind: "DaemonSet",
    hostNetwork: true,
    about: "hostNetwork: the node's network, and with containerd its hostname too.",
    containers: [
      {
        name: "node-agent",
        kind: "app",
        image: "registry.example/node-agent:1.8",
        state: "running",
        process: idle("/node-agent", "node-agent"),
      },
    ],
  },
  {
    namespace: "batch",
    name: "init-done",
    nodeName: labNode,
    phase: "Running",
    about: "Its init container has ended and left no process.",
    containers: [
      { name: "migrate", kind: "init", image: "registry.example/migrate:3.1", state: "completed" },
      {
        name: "worker",
        kind: "app",
        image: "registry.example/worker:3.1",
        state: "running",
        process: idle("/app/worker", "worker"),
      },
    ],
  },
  {
    namespace: "batch",
    name: "crash-looping",
    nodeName: labNode,
    phase: "Running",
    about: "Its only container waits to be started again; pause alone holds the sandbox.",
    containers: [{ name: "flaky", kind: "app", image: "registry.example/flaky:0.1", state: "crash-looping" }],
  },
  {
    namespace: "batch",
    name: "pending",
    phase: "Pending",
    about: "Not scheduled: no node has anything of it yet.",
    containers: [{ name: "too-big", kind: "app", image: "registry.example/too-big:1.0", state: "creating" }],
  },
  {
    namespace: "batch",
    name: "finished",
    nodeName: labNode,
    phase: "Succeeded",
    ownerKind: "Job",
    about: "Has run to its end: its sandbox is gone.",
    containers: [{ name: "once", kind: "app", image: "registry.example/once:1.0", state: "completed" }],
  },
  {
    namespace: "elsewhere",
    name: "on-virtual-node",
    nodeName: virtualNode,
    phase: "Running",
    about: "Runs where there is no node's kernel to read.",
    containers: [{ name: "app", kind: "app", image: "registry.example/app:1.0", state: "running" }],
  },
  {
    namespace: "elsewhere",
    name: "on-windows-node",
    nodeName: windowsNode,
    phase: "Running",
    os: "windows",
    about: "Windows has no Linux namespaces.",
    containers: [{ name: "iis", kind: "app", image: "registry.example/iis:10", state: "running" }],
  },
  {
    namespace: "elsewhere",
    name: "hostile",
    nodeName: labNode,
    phase: "Running",
    about: "Its container, image and process have names that try to be markup, a command or a line of /proc.",
    containers: [
      {
        name: hostile.container,
        kind: "app",
        image: hostile.image,
        state: "running",
        process: idle(hostile.argv0, hostile.comm),
      },
    ],
  },
  {
    namespace: "elsewhere",
    name: hostile.pod,
    phase: "Pending",
    about: "A name that tries to be markup and a command.",
    containers: [{ name: "app", kind: "app", image: "registry.example/app:1.0", state: "creating" }],
  },
  ...Array.from({ length: archivedPods }, (_, index): PodBlueprint => ({
    namespace: "archive",
    name: `report-${String(index + 1).padStart(3, "0")}`,
    nodeName: labNode,
    phase: "Succeeded",
    ownerKind: "Job",
    about: "One of many finished pods.",
    containers: [{ name: "report", kind: "app", image: "registry.example/report:1.0", state: "completed" }],
  })),
];
