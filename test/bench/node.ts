// What reading a node costs: a whole one beside lsns(8) and the bare system calls, and one pod on nodes of all sizes.
//   node test/bench/node.ts      needs root on Linux, Perl, sshd; lsns and cc for the comparison
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { askNode } from "../../extension/app/ask-node.ts";
import { buildNodeView } from "../../extension/core/others/node-view.ts";
import { nodeProbe } from "../../extension/core/probe/node-probe.ts";
import { podProbe } from "../../extension/core/probe/pod-probe.ts";
import type { NodeProbe } from "../../extension/core/probe/probe.ts";
import type { NodeScan } from "../../extension/core/scan.ts";
import type { NodeTransport, RunResult } from "../../extension/nodes/transport.ts";
import { startCrowd } from "./crowd.ts";
import { connectNode } from "./node-connection.ts";
import { inTurns } from "./in-turns.ts";
import { median, row, type Row, scenario } from "./row.ts";

const sizes = [100, 1000, 3000, 10_000];
const rounds = 9;

await scenario(async () => {
  const rows: Row[] = [];
  const folder = mkdtempSync(path.join(tmpdir(), "bench-"));
  try {
    const bare = compileBare(folder);
    const hasLsns = spawnSync("lsns", ["--version"]).status === 0;
    if (!hasLsns) console.log("no lsns here (Debian: util-linux): its rows are missing");
    await using connection = await connectNode();
    const { transport } = connection;
    const ofPod = new Map<number, number>();
    for (const size of sizes) {
      const crowd = await startCrowd(size);
      try {
        rows.push(...(await wholeNode(size, transport, bare, hasLsns)));
        const [pod] = crowd.pods;
        if (pod === undefined) throw new Error("no pod");
        const one = await onePod(size, transport, podProbe(pod));
        ofPod.set(size, one.median);
        rows.push(...one.rows);
      } finally {
        await crowd.stop();
      }
    }
    const [few, many] = [ofPod.get(100), ofPod.get(10_000)];
    if (few !== undefined && many !== undefined)
      rows.push(
        row(
          "pod-10000-to-100",
          "one pod: on a node of 10,000 processes to one of 100",
          many / few,
          "ratio",
          1.2,
        ),
      );
    return rows;
  } finally {
    rmSync(folder, { recursive: true });
  }
});

async function wholeNode(
  size: number,
  transport: NodeTransport,
  bare: string | undefined,
  hasLsns: boolean,
): Promise<readonly Row[]> {
  const probe = nodeProbe();
  const bytes: number[] = [];
  const medians = await inTurns(rounds, {
    ours: async () => {
      bytes.push((await answerOf(transport, probe)).stdout.length);
    },
    shell: async () => {
      await answerOf(transport, byShell(probe));
    },
    ...(hasLsns ? { lsns: async () => local("lsns") } : {}),
    ...(bare === undefined ? {} : { bare: async () => local(bare) }),
  });
  const scan = await askNode(transport, probe, "bench", {
    signal: new AbortController().signal,
    timeoutMs: 60_000,
  });
  if (scan.processes.length < size)
    throw new Error(`${scan.processes.length} of ${size} processes were read`);
  const { ours, shell, lsns, bare: calls } = medians;
  const { parsing, comparing } = compare((await answerOf(transport, probe)).stdout, probe);
  const goal = (most: number): number | null => (size === 3000 ? most : null);
  const on = `of ${size} processes`;
  return [
    row(`node-${size}-read`, `a whole node ${on}, over SSH`, ours, "ms"),
    row(`node-${size}-shell`, `the same by the node's shell, where there is no Perl`, shell, "ms"),
    row(
      `node-${size}-compare`,
      `parsing and comparing what a node ${on} answered`,
      parsing + comparing,
      "ms",
      size === 10_000 ? 60 : null,
    ),
    row(
      `node-${size}-compare-block`,
      `the same: the longer of the two, a block of the event loop`,
      Math.max(parsing, comparing),
      "ms",
      size === 10_000 ? 16 : null,
    ),
    row(`node-${size}-bytes`, `bytes of the answer`, bytes[0] ?? Number.NaN, "bytes"),
    ...(lsns === undefined
      ? []
      : [
          row(`node-${size}-lsns`, `lsns on the same node`, lsns, "ms"),
          row(
            `node-${size}-to-lsns`,
            `a whole node ${on}, over SSH, to lsns on the node`,
            ours / lsns,
            "ratio",
            goal(0.4),
          ),
        ]),
    ...(calls === undefined
      ? []
      : [
          row(`node-${size}-bare`, `the bare system calls in C`, calls, "ms"),
          row(
            `node-${size}-to-bare`,
            `a whole node ${on}, over SSH, to the bare system calls`,
            ours / calls,
            "ratio",
            goal(2.5),
          ),
        ]),
  ];
}

/** From the node's answer to what the Nodes view shows, which is done in two goes: in milliseconds, each. */
function compare(
  answer: string,
  probe: NodeProbe<NodeScan>,
): { readonly parsing: number; readonly comparing: number } {
  const node = { name: "bench", runtimeVersion: "containerd://1.7.0" };
  const apiPods = { before: [], after: [] };
  const times = Array.from({ length: rounds }, () => {
    const begun = performance.now();
    const scan = probe.parse(answer);
    const parsed = performance.now();
    buildNodeView({ node, scan, takenAt: new Date(), apiPods });
    return { parsing: parsed - begun, comparing: performance.now() - parsed };
  });
  return {
    parsing: median(times.map(({ parsing }) => parsing)),
    comparing: median(times.map(({ comparing }) => comparing)),
  };
}

async function onePod(
  size: number,
  transport: NodeTransport,
  probe: NodeProbe<NodeScan>,
): Promise<{ readonly median: number; readonly rows: readonly Row[] }> {
  let bytes = 0;
  const { ours, shell, empty } = await inTurns(rounds * 5, {
    ours: async () => {
      const { stdout } = await answerOf(transport, probe);
      bytes = stdout.length;
      if (probe.parse(stdout).processes.length !== 3) throw new Error("not the whole pod was read");
    },
    shell: async () => {
      await answerOf(transport, byShell(probe));
    },
    empty: async () => {
      await run(transport, ["true"], "");
    },
  });
  const on = `on a node of ${size} processes`;
  return {
    median: ours,
    rows: [
      row(`pod-${size}-read`, `one pod ${on}, connected, over SSH`, ours, "ms"),
      row(`pod-${size}-shell`, `the same by the node's shell, where there is no Perl`, shell, "ms"),
      row(`pod-${size}-true`, `an empty \`true\` over the same connection`, empty, "ms"),
      row(`pod-${size}-to-true`, `one pod ${on} to an empty \`true\``, ours / empty, "ratio", 2),
      row(`pod-${size}-bytes`, `bytes of the answer`, bytes, "bytes"),
      row(`pod-${size}-trips`, `commands, each a round trip`, 1, "commands"),
    ],
  };
}

function answerOf(transport: NodeTransport, probe: NodeProbe<NodeScan>): Promise<RunResult> {
  return run(transport, probe.argv, probe.stdin);
}

async function run(transport: NodeTransport, argv: readonly string[], stdin: string): Promise<RunResult> {
  const { signal } = new AbortController();
  const result = await transport.run({ argv, stdin }, { signal, timeoutMs: 60_000, maxBytes: 1 << 28 });
  if (result.exitCode !== 0) throw new Error(`${argv[0] ?? ""} failed: ${result.stderr}`);
  return result;
}

/** The same probe on a node that has no Perl. */
function byShell(probe: NodeProbe<NodeScan>): NodeProbe<NodeScan> {
  return { ...probe, argv: ["sh", "-s", "--", ...probe.argv.slice(4)] };
}

function local(program: string): void {
  execFileSync(program, { stdio: ["ignore", "ignore", "inherit"] });
}

/** undefined where there is no compiler, which is said. */
function compileBare(folder: string): string | undefined {
  const program = path.join(folder, "bare");
  const { error, status } = spawnSync(
    "cc",
    ["-O2", "-o", program, path.join(import.meta.dirname, "bare.c")],
    {
      stdio: "inherit",
    },
  );
  if (error === undefined && status === 0) return program;
  console.log("no C compiler here (Debian: gcc): the rows of the bare system calls are missing");
  return undefined;
}
