import type { LessonStep } from "./lesson.ts";

/** With what a reader takes the lesson. */
export const lessonTools = ["docker", "podman", "kubectl"] as const;

export type LessonTool = (typeof lessonTools)[number];

const pauseImage = "registry.k8s.io/pause:3.10";
const nginxImage = "docker.io/library/nginx:alpine";

/** What to type for a step, one command a line. Whoever reads the lesson types it, never the product. */
export function lessonCommands(step: LessonStep, tool: LessonTool): readonly string[] {
  return tool === "kubectl"
    ? ofPod[step]
    : ofEngine[step].map((line) => line.replaceAll("ENGINE", () => tool));
}

/** Both take the same words. */
const ofEngine: Readonly<Record<LessonStep, readonly string[]>> = {
  start: [`ENGINE run -d --name demo-pause --ipc=shareable ${pauseImage}`],
  join: [
    `ENGINE run -d --name demo-nginx --net=container:demo-pause --ipc=container:demo-pause ${nginxImage}`,
  ],
  find: ["ENGINE inspect --format '{{.State.Pid}}' demo-pause demo-nginx"],
  compare: [
    "sudo readlink /proc/$(ENGINE inspect --format '{{.State.Pid}}' demo-pause)/ns/net",
    "sudo readlink /proc/$(ENGINE inspect --format '{{.State.Pid}}' demo-nginx)/ns/net",
  ],
  share: [
    "ENGINE rm -f demo-nginx",
    `ENGINE run -d --name demo-nginx --net=container:demo-pause --ipc=container:demo-pause --pid=container:demo-pause ${nginxImage}`,
  ],
  // The shell ends at once: what it started in the background has lost its parent.
  reap: [
    "ENGINE exec -d demo-nginx sh -c 'sleep 3600 & echo $! >/tmp/orphan'",
    "ENGINE exec demo-nginx sh -c 'kill $(cat /tmp/orphan)'",
  ],
  survive: ["ENGINE rm -f demo-nginx"],
};

/** For a pod, what is to be seen on its node is typed there. */
const ofPod: Readonly<Record<LessonStep, readonly string[]>> = {
  start: [`kubectl run demo-nginx --image=${nginxImage}`],
  join: ["kubectl get pod demo-nginx -o wide"],
  find: [
    "sudo crictl inspectp --output go-template --template '{{.info.pid}}' $(sudo crictl pods --name demo-nginx --quiet)",
    "sudo crictl inspect --output go-template --template '{{.info.pid}}' $(sudo crictl ps --name demo-nginx --quiet)",
  ],
  compare: [
    "sudo readlink /proc/$(sudo crictl inspectp --output go-template --template '{{.info.pid}}' $(sudo crictl pods --name demo-nginx --quiet))/ns/net",
    "sudo readlink /proc/$(sudo crictl inspect --output go-template --template '{{.info.pid}}' $(sudo crictl ps --name demo-nginx --quiet))/ns/net",
  ],
  share: [
    "kubectl delete pod demo-nginx --now",
    `kubectl run demo-nginx --image=${nginxImage} --overrides='{"spec":{"shareProcessNamespace":true}}'`,
  ],
  reap: [
    "kubectl exec demo-nginx -- sh -c 'sleep 3600 >/dev/null 2>&1 & echo $! >/tmp/orphan'",
    "kubectl exec demo-nginx -- sh -c 'kill $(cat /tmp/orphan)'",
  ],
  survive: ["kubectl exec demo-nginx -- sh -c 'kill $(cat /run/nginx.pid)'"],
};
