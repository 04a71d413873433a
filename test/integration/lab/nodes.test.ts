import { readlink } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { NodePlace } from "../../../extension/app/node-place.ts";
import { errorText } from "../../../extension/core/error-text.ts";
import { asSandboxError } from "../../../extension/core/errors.ts";
import { nodeTable } from "../../../extension/core/node-table.ts";
import { type Lab, startLab } from "../../lab/lab.ts";
import { whyNoRealPods } from "../../lab/pods/real-pods.ts";
import { because } from "../../support/skipped.ts";
import { type Inspector, openInspector } from "./inspector.ts";

const obstacle = await whyNoRealPods();
const { signal } = new AbortController();

async function inode(pid: number, type: string): Promise<string> {
  return /\d+/.exec(await readlink(`/proc/${pid}/ns/${type}`))?.[0] ?? "";
}

describe.skipIf(obstacle !== undefined)(`the lab's node${because(obstacle)}`, () => {
  let lab: Lab;
  let inspector: Inspector;
  beforeAll(async () => {
    lab = await startLab({ pods: "real" });
    inspector = await openInspector(lab);
  });
  afterAll(async () => {
    inspector.close();
    await lab.stop();
  });

  /** The same machine twice: as a node of the cluster, and as a host that the user added. */
  const places = (): readonly NodePlace[] => [
    { context: "lab", node: "lab-node" },
    { context: null, node: `${lab.ssh.user}@127.0.0.1:${lab.ssh.port}` },
  ];

  test("shows what runs on it beside pods, which is then inspected", { timeout: 120_000 }, async () => {
    const [pause, nginx] = lab.others?.joined ?? [];
    const loose = lab.others?.loose;
    for (const place of places()) {
      const view = await inspector.readings.readNode(place, { signal });
      const joined = view.others.find(({ key }) => key === `container:${pause?.id}`);
      expect(joined).toMatchObject({ kind: "containers", members: ["demo-pause", "demo-nginx"] });
      const alone = view.others.find(({ title }) => title === loose?.name);
      expect(alone).toMatchObject({ kind: "processes", isolated: ["net", "uts"] });
      const report = await inspector.readings.inspectOther(place, joined?.key ?? "", { signal });
      expect(report.containers.map(({ pid }) => pid)).toEqual([pause?.pid, nginx?.pid]);
      expect(report.findings.filter(({ severity }) => severity !== "info")).toEqual([]);
      for (const { pid, namespaces } of report.containers) {
        for (const type of ["net", "ipc", "uts", "pid"] as const) {
          expect(namespaces[type]).toEqual({ status: "read", inode: await inode(pid ?? 0, type) });
        }
      }
      expect(view.leaksUnknown === null).toBe(place.context !== null);
    }
  });

  test("has its Linux namespaces in a table", { timeout: 60_000 }, async () => {
    const [place] = places();
    if (place === undefined) throw new Error("no place");
    const lines = nodeTable(await inspector.readings.readNode(place, { signal })).split("\n");
    const web = lab.containers.find(({ pod, name }) => pod === "web" && name === undefined);
    const net = await inode(web?.pid ?? 0, "net");
    expect(lines.filter((line) => new RegExp(`^net +${net} `).test(line))).toEqual([
      expect.stringMatching(/ pause .* default\/web /),
    ]);
  });
});

test("a recording says that it knows nothing of a whole node", async () => {
  const lab = await startLab({ pods: "recording" });
  const inspector = await openInspector(lab);
  try {
    const reading = inspector.readings.readNode({ context: "lab", node: "lab-node" }, { signal });
    const thrown = await reading.catch((error: unknown) => error);
    expect(errorText(asSandboxError(thrown)).title).toBe(
      "There is no usable shell on lab-node: this is a recording of a few pods; nothing else of the node was recorded.",
    );
  } finally {
    inspector.close();
    await lab.stop();
  }
});
