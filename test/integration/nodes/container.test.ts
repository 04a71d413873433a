import { chmod } from "node:fs/promises";
import { expect, it } from "vitest";
import type { ContainerEngine } from "../../../extension/nodes/access.ts";
import { containerDestination } from "../../../extension/nodes/container.ts";
import { makeHome, makeNode } from "../../support/ssh-nodes.ts";
import { opening } from "../../support/sessions.ts";

// What the engines say when they fail, as they were seen to or as their sources have it; the real ones are in test/cluster.

/** moby's daemon/exec.go and cli; podman's libpod/define/errors.go; nerdctl's pkg/idutil and pkg/rootlessutil. */
const failures: readonly (readonly [ContainerEngine, number, string, string])[] = [
  ["docker", 1, "Error response from daemon: No such container: kind-worker", "container-gone"],
  ["docker", 1, "Error response from daemon: Container 5b8e is not running", "container-gone"],
  [
    "docker",
    1,
    "Error response from daemon: Container kind-worker is paused, unpause the container before exec",
    "container-gone",
  ],
  [
    "docker",
    1,
    "Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?",
    "container-engine",
  ],
  [
    "docker",
    1,
    'permission denied while trying to connect to the Docker daemon socket at unix:///var/run/docker.sock: Get "http://%2Fvar%2Frun%2Fdocker.sock/v1.24/containers/x/json": dial unix /var/run/docker.sock: connect: permission denied',
    "container-engine",
  ],
  [
    "docker",
    126,
    'OCI runtime exec failed: exec failed: unable to start container process: exec: "sh": executable file not found in $PATH: unknown',
    "node-no-shell",
  ],
  [
    "podman",
    125,
    'Error: no container with name or ID "kind-worker" found: no such container',
    "container-gone",
  ],
  [
    "podman",
    255,
    "Error: can only create exec sessions on running containers: container state improper",
    "container-gone",
  ],
  [
    "podman",
    125,
    "Error: cannot connect to the Podman socket, please verify the connection to the Linux system",
    "container-engine",
  ],
  [
    "podman",
    127,
    "Error: crun: executable file `sh` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
    "node-no-shell",
  ],
  [
    "nerdctl",
    1,
    'time="2026-01-01T00:00:00Z" level=fatal msg="no such container kind-worker"',
    "container-gone",
  ],
  [
    "nerdctl",
    1,
    'level=fatal msg="cannot access containerd socket \\"/run/containerd/containerd.sock\\": permission denied"',
    "container-engine",
  ],
  [
    "podman",
    125,
    "WARN[0000] something else is not running\nError: short-name resolution failed",
    "container-engine",
  ],
  ["docker", 0, "", "container-engine"],
];

it.each(failures)("tells what failed: %s ended with %i, %s", async (engine, code, said, reason) => {
  await using home = await makeHome();
  await home.write("said", `${said}\n`);
  const program = await home.write(
    `bin/${engine}`,
    `#!/bin/sh\ncat '${home.path("said")}' >&2\nexit ${code}\n`,
  );
  await chmod(program, 0o755);
  const machine = { ...home.machine, env: { PATH: `${home.path("bin")}:/usr/bin:/bin` } };
  const way = { kind: "container", engine, container: "${name}" } as const;
  const destination = containerDestination(makeNode("kind-worker", "172.18.0.2"), way, machine);
  await expect(destination.open(opening())).rejects.toMatchObject({
    reason,
    facts: {
      node: "kind-worker",
      container: "kind-worker",
      command: engine,
      detail: expect.stringMatching(/^.+$/),
    },
  });
});

it("says that the engine is not installed", async () => {
  await using home = await makeHome({ PATH: "/nowhere" });
  const way = { kind: "container", engine: "nerdctl", container: "node" } as const;
  const destination = containerDestination(makeNode("worker", ""), way, home.machine);
  await expect(destination.open(opening())).rejects.toMatchObject({
    reason: "container-engine",
    facts: { command: "nerdctl", detail: "it is not installed" },
  });
});

it("gives up an engine that does not answer, and ends it", async () => {
  await using home = await makeHome();
  await chmod(await home.write("bin/docker", `#!/bin/sh\nexec sleep 86403\n`), 0o755);
  const machine = { ...home.machine, env: { PATH: `${home.path("bin")}:/usr/bin:/bin` } };
  const way = { kind: "container", engine: "docker", container: "node" } as const;
  const open = containerDestination(makeNode("worker", ""), way, machine).open(
    opening(AbortSignal.timeout(50)),
  );
  await expect(open).rejects.toMatchObject({ reason: "cancelled" });
});

it.each(["", "-it", "a b", "$(id)", "../x", "${other}", "a/b", "${name}"])(
  "takes %j for no container's name",
  async (container) => {
    await using home = await makeHome();
    const node = makeNode("--privileged", "");
    const way = { kind: "container", engine: "docker", container } as const;
    expect(() => containerDestination(node, way, home.machine)).toThrow(
      expect.objectContaining({ reason: "setting-invalid" }),
    );
  },
);
