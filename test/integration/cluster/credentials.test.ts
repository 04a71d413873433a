import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { openCluster } from "../../../extension/cluster/kubernetes-source.ts";
import type { ClusterSource } from "../../../extension/cluster/source.ts";
import { type LabApi, startLabApi } from "../../lab/api-server.ts";
import { temporaryFile, temporaryFolder } from "./folder.ts";
import { MemoryLog } from "./memory-log.ts";
import { everythingOf, thrownBy } from "./thrown.ts";

const { signal } = new AbortController();
const token = "tok-0123456789abcdef";

interface Opened {
  readonly api: LabApi;
  readonly source: ClusterSource;
  readonly log: MemoryLog;
  /** The lines that the plugin wrote down, one for each run. */
  readonly runs: () => Promise<readonly string[]>;
}

/** The lab's API server and a kubeconfig whose user has a plugin: this script, run by this Node.js. */
async function openWithPlugin(body: string, extra: Record<string, unknown> = {}): Promise<Opened> {
  const api = await startLabApi({ token });
  onTestFinished(() => api.close());
  const folder = await temporaryFolder();
  const record = join(folder, "runs");
  const script = await temporaryFile(
    "plugin.mjs",
    `import { appendFileSync } from "node:fs";
     appendFileSync(process.argv[2], (process.env.KUBERNETES_EXEC_INFO ?? "none") + "\\n");
     const credential = (status) => console.log(JSON.stringify({ apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential", status }));
     ${body}`,
  );
  const exec = {
    apiVersion: "client.authentication.k8s.io/v1",
    command: process.execPath,
    args: [script, record],
    ...extra,
  };
  const text = api.kubeconfig().replace(/token: .*/, `exec: ${JSON.stringify(exec)}`);
  const kubeconfig = await temporaryFile("kubeconfig", text);
  const log = new MemoryLog();
  const source = await openCluster({ kubeconfig, pageSize: 500, timeoutMs: 10_000 }, "lab", { log });
  onTestFinished(() => source.close());
  const runs = async (): Promise<readonly string[]> =>
    (await readFile(record, "utf8")).split("\n").filter((line) => line !== "");
  return { api, source, log, runs };
}

describe("credential plugins", () => {
  test("run once for many requests, and are told what they are asked for", async () => {
    const { source, runs } = await openWithPlugin(`credential({ token: "${token}" });`);
    const answers = await Promise.all([source.listNamespaces(signal), source.listNamespaces(signal)]);
    expect(answers).toEqual([["default"], ["default"]]);
    await source.listNamespaces(signal);
    const [info, ...more] = await runs();
    expect(more).toEqual([]);
    expect(JSON.parse(info ?? "")).toEqual({
      apiVersion: "client.authentication.k8s.io/v1",
      kind: "ExecCredential",
      spec: { interactive: false },
    });
  });

  test("are told of the cluster when they ask for it", async () => {
    const { api, source, runs } = await openWithPlugin(`credential({ token: "${token}" });`, {
      provideClusterInfo: true,
    });
    await source.listNamespaces(signal);
    const [info] = await runs();
    expect(JSON.parse(info ?? "")).toMatchObject({ spec: { cluster: { server: api.url } } });
  });

  test("keep their own environment", async () => {
    const { source } = await openWithPlugin(`credential({ token: process.env.MY_TOKEN });`, {
      env: [{ name: "MY_TOKEN", value: token }],
    });
    expect(await source.listNamespaces(signal)).toEqual(["default"]);
  });

  test("run again when the server no longer takes what they gave", async () => {
    const { api, source, runs } = await openWithPlugin(
      `credential({ token: await import("node:fs").then(({ readFileSync }) => readFileSync(process.argv[2], "utf8").split("\\n").length > 2 ? "second-token" : "${token}") });`,
    );
    await source.listNamespaces(signal);
    api.faults.acceptedToken = "second-token";
    expect(await source.listNamespaces(signal)).toEqual(["default"]);
    expect(await runs()).toHaveLength(2);
  });

  test.each([
    ["fails and says something secret", `console.error("refresh token ${token} is bad"); process.exit(1);`],
    ["prints what is no JSON", `console.log("${token}");`],
    ["prints no status", `console.log(JSON.stringify({ token: "${token}" }));`],
    ["prints null", `console.log("null"); console.error("${token}");`],
  ])("one that %s: named, its output shown nowhere", async (_, body) => {
    const { source, log } = await openWithPlugin(body);
    const error = await thrownBy(source.listNamespaces(signal));
    expect(error).toMatchObject({
      reason: "credentials-failed",
      facts: { command: process.execPath, context: "lab" },
    });
    expect(everythingOf(error) + log.lines.join("\n")).not.toContain(token);
  });

  test("one that is not installed", async () => {
    const { source } = await openWithPlugin("", { command: "no-such-credential-plugin" });
    const error = await thrownBy(source.listNamespaces(signal));
    expect(error).toMatchObject({
      reason: "credentials-failed",
      facts: { command: "no-such-credential-plugin" },
    });
    expect(error.message).toContain("was not found");
  });

  test("cancelling does not wait for one that hangs", async () => {
    const { source, runs } = await openWithPlugin(
      `process.on("SIGTERM", () => process.exit()); process.stdin.on("end", () => process.exit()).resume(); setTimeout(() => process.exit(), 2_000);`,
    );
    const cancel = new AbortController();
    const listing = thrownBy(source.listNamespaces(cancel.signal));
    await expect.poll(async () => (await runs().catch(() => [])).length, { timeout: 10_000 }).toBe(1);
    cancel.abort();
    expect((await listing).reason).toBe("cancelled");
  });
});

test("a certificate authority that is not there is the kubeconfig's fault", async () => {
  const kubeconfig = await temporaryFile(
    "kubeconfig",
    `clusters: [{name: x, cluster: {server: "https://127.0.0.1:1", certificate-authority: gone.crt}}]
contexts: [{name: x, context: {cluster: x}}]
`,
  );
  const source = await openCluster({ kubeconfig, pageSize: 500, timeoutMs: 5_000 }, "x", {
    log: new MemoryLog(),
  });
  onTestFinished(() => source.close());
  const error = await thrownBy(source.listNamespaces(signal));
  expect(error.reason).toBe("kubeconfig-invalid");
  expect(error.message).toContain("gone.crt");
});
