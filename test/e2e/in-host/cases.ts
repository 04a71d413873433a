/** Tests that need the `vscode` API: they run inside VS Code's extension host, beside the installed extension. */
import assert from "node:assert/strict";
import { readlink } from "node:fs/promises";
import Module from "node:module";
import { basename } from "node:path";
import * as vscode from "vscode";
import type { PodSandboxApi, SandboxReport } from "../../../extension/api.ts";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import type { InHostCases } from "../../support/vscode/inhost.ts";

const web = { context: "lab", namespace: "default", pod: "web" };

async function api(): Promise<PodSandboxApi> {
  const extension = vscode.extensions.getExtension<PodSandboxApi>(
    "pod-sandbox-explorer.pod-sandbox-explorer",
  );
  assert.ok(extension, "the packed extension is installed");
  return extension.activate();
}

/** The extension's bundles that this process has loaded, whatever chunks the host's is made of. */
function loadedFiles(): readonly string[] {
  const cache: unknown = Reflect.get(Module, "_cache");
  assert.ok(typeof cache === "object" && cache !== null);
  return Object.keys(cache)
    .filter((file) => file.includes("pod-sandbox-explorer.pod-sandbox-explorer-"))
    .map((file) => basename(file))
    .filter((name) => !/^host-[0-9A-Z]+\.cjs$/.test(name))
    .toSorted();
}

/** Every inode in a report is the kernel's. The lab's pods are processes of this machine. */
async function assertKernelAgrees(report: SandboxReport): Promise<void> {
  assert.ok(report.containers.length >= 3, "pause and two containers");
  for (const { name, pid, namespaces } of report.containers) {
    assert.ok(pid !== null, `${name} has a PID`);
    for (const type of namespaceTypes) {
      const reading = namespaces[type];
      assert.equal(reading.status, "read");
      assert.equal(`${type}:[${reading.inode}]`, await readlink(`/proc/${pid}/ns/${type}`));
    }
  }
}

/** Resolves when a webview of this type has a tab, of which extensions hear a moment after it was made. */
async function tabOf(viewType: string): Promise<void> {
  const { tabGroups } = vscode.window;
  const isOpen = (): boolean =>
    tabGroups.all
      .flatMap(({ tabs }) => tabs)
      .some(({ input }) => input instanceof vscode.TabInputWebview && input.viewType.endsWith(viewType));
  return new Promise((resolve) => {
    const listener = tabGroups.onDidChangeTabs(() => check());
    const check = (): void => {
      if (!isOpen()) return;
      listener.dispose();
      resolve();
    };
    check();
  });
}

/** What an assistant is told; a person's consent is taken as given inside tests. */
async function toolText(name: string, input: object): Promise<string> {
  const { content } = await vscode.lm.invokeTool(name, { input, toolInvocationToken: undefined });
  return content.map((part) => (part instanceof vscode.LanguageModelTextPart ? part.value : "")).join("");
}

async function hoverText(content: string, line: number, character: number): Promise<string> {
  const document = await vscode.workspace.openTextDocument({ language: "yaml", content });
  const hovers = await vscode.commands.executeCommand<vscode.Hover[]>(
    "vscode.executeHoverProvider",
    document.uri,
    new vscode.Position(line, character),
  );
  return hovers
    .flatMap(({ contents }) => contents)
    .map((part) => (typeof part === "string" ? part : part.value))
    .join("\n");
}

export const cases: InHostCases = {
  "activating loads neither ssh2 nor the Kubernetes client": async () => {
    assert.equal((await api()).apiVersion, 1);
    assert.deepEqual(loadedFiles(), ["extension.cjs"]);
  },

  "the public API gives the report of a pod, as the kernel has it": async () => {
    await assertKernelAgrees(await (await api()).inspect(web));
    assert.deepEqual(loadedFiles(), ["cluster.cjs", "extension.cjs", "nodes.cjs"]);
  },

  "the command gives the same report and opens the panel": async () => {
    const report = await vscode.commands.executeCommand<SandboxReport>("podSandbox.inspect", web);
    await assertKernelAgrees(report);
    assert.equal(report.pod.name, "web");
    await tabOf("podSandbox.report");
  },

  "the public API stops when its signal is aborted": async () => {
    const controller = new AbortController();
    controller.abort();
    await assert.rejects((await api()).inspect(web, { signal: controller.signal }));
  },

  "the public API refuses what cannot be a pod": async () => {
    await assert.rejects((await api()).inspect({ ...web, pod: "$(touch x)" }));
    await assert.rejects((await api()).inspect({ ...web, pod: "no-such-pod" }));
  },

  "assistants are offered the two tools, which say what to ask for": async () => {
    await api();
    const tools = vscode.lm.tools.filter(({ name }) => name.startsWith("podSandbox_"));
    assert.deepEqual(tools.map(({ name }) => name).toSorted(), ["podSandbox_inspect", "podSandbox_listPods"]);
    for (const { name, description, inputSchema } of tools) {
      assert.ok(description.length > 50 && inputSchema !== undefined, name);
    }
  },

  "the tool that lists pods finds them by their words": async () => {
    const text = await toolText("podSandbox_listPods", { context: "lab", text: "web" });
    assert.match(text, /^- default\/web \| Running \| 2\/2 ready \| lab-node$/m);
    assert.doesNotMatch(text, /pause-demo/);
  },

  "the tool that inspects a pod says what the kernel says": async () => {
    const text = await toolText("podSandbox_inspect", web);
    const { containers } = await (await api()).inspect(web);
    for (const { name, pid } of containers) {
      for (const type of ["net", "pid", "mnt"]) {
        const inode = /\d+/.exec(await readlink(`/proc/${pid}/ns/${type}`))?.[0];
        assert.ok(inode !== undefined && text.includes(inode), `${type} of ${name}`);
      }
    }
  },

  "a tool that cannot do it answers why": async () => {
    assert.match(
      await toolText("podSandbox_inspect", { ...web, pod: "no-such-pod" }),
      /could not be done \(pod-gone\)/,
    );
  },

  "the hover explains hostNetwork": async () => {
    const yaml = "kind: Pod\nmetadata:\n  name: a\nspec:\n  hostNetwork: true\n  containers:\n  - name: c\n";
    assert.match(await hoverText(yaml, 4, 4), /hostNetwork[^]*net/);
  },

  "the hover tells what the API rejects": async () => {
    const yaml =
      "kind: Pod\nmetadata:\n  name: a\nspec:\n  hostPID: true\n  shareProcessNamespace: true\n  containers: []\n";
    assert.match(await hoverText(yaml, 4, 4), /reject|refuse/i);
  },

  "there is no hover on other YAML": async () => {
    assert.equal(await hoverText("kind: Service\nmetadata:\n  name: a\n", 0, 1), "");
  },
};
