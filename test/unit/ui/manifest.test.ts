import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { parseSettings, settingKeys } from "../../../extension/ui/settings-schema.ts";
import manifest from "../../../package.json" with { type: "json" };
import texts from "../../../package.nls.json" with { type: "json" };

// What VS Code reads from package.json is checked by nobody else: a misspelt command is a button that does nothing.

const root = join(import.meta.dirname, "../../..");
const { contributes } = manifest;
const source = ["extension/ui", "extension/core"]
  .flatMap((room) =>
    readdirSync(join(root, room), { recursive: true, encoding: "utf8" }).map((file) =>
      join(root, room, file),
    ),
  )
  .filter((file) => file.endsWith(".ts"))
  .map((file) => readFileSync(file, "utf8"))
  .join("\n");
const commands = contributes.commands.map(({ command }) => command);

describe("commands", () => {
  test("each is registered, and each that is registered is declared", () => {
    const registered = /const commands: .+? = \{\n(.+?)\n  \};/s.exec(source)?.[1] ?? "";
    const names = [...registered.matchAll(/^ {4}(\w+):/gm)].map(([, name = ""]) => `podSandbox.${name}`);
    expect(names.toSorted()).toEqual(commands.toSorted());
  });

  test("menus, welcome texts and walkthroughs name commands that there are", () => {
    const used = [...JSON.stringify([contributes, texts]).matchAll(/podSandbox\.\w+(?=\)|"|\?)/g)].map(
      ([name]) => name,
    );
    const known = [
      ...commands,
      ...settingKeys.map((key) => `podSandbox.${key}`),
      "podSandbox.pods",
      "podSandbox.nodes",
      "podSandbox.report",
      "podSandbox.snapshot",
      "podSandbox.comparison",
    ];
    const contextKeys = ["grouping", "filtered", "problem", "hasAudit"].map((key) => `podSandbox.${key}`);
    expect(used.filter((name) => ![...known, ...contextKeys].includes(name))).toEqual([]);
  });
});

test("keys are bound in our own views alone", () => {
  expect(contributes.keybindings.length).toBeGreaterThan(0);
  for (const { command, when } of contributes.keybindings) {
    expect(commands).toContain(command);
    expect(when).toMatch(/^focusedView == podSandbox\.(?:pods|nodes)$/);
  }
});

test("in a remote window it runs where kubeconfig, credential plugins and keys are", () => {
  // The order counts, and a formatter that sorts the manifest would turn it round.
  expect(manifest.extensionKind).toEqual(["workspace", "ui"]);
});

describe("settings", () => {
  const declared: Readonly<Record<string, { readonly default: unknown; readonly scope: string }>> =
    Object.assign({}, ...contributes.configuration.map(({ properties }) => properties));

  test("those declared are those read, and their defaults are valid", () => {
    expect(Object.keys(declared).toSorted()).toEqual(
      settingKeys.map((key) => `podSandbox.${key}`).toSorted(),
    );
    expect(() => parseSettings((key) => declared[`podSandbox.${key}`]?.default, false)).not.toThrow();
  });

  test("those that name programs, files or hosts are not taken from an untrusted workspace", () => {
    const { restrictedConfigurations } = manifest.capabilities.untrustedWorkspaces;
    const machine = Object.entries(declared).filter(([, { scope }]) => scope === "machine-overridable");
    expect(machine.map(([key]) => key).toSorted()).toEqual(restrictedConfigurations.toSorted());
    const harmless = Object.keys(declared).filter((key) => !restrictedConfigurations.includes(key));
    expect(harmless).toEqual([
      "podSandbox.pageSize",
      "podSandbox.timeoutSeconds",
      "podSandbox.nodesAtOnce",
      "podSandbox.ssh.connectTimeoutSeconds",
      "podSandbox.ssh.idleSeconds",
      "podSandbox.codeLens",
      "podSandbox.diagnostics",
    ]);
  });
});

describe("texts", () => {
  test("each key in package.json has its text, and each text its key", () => {
    const used = [...JSON.stringify(manifest).matchAll(/"%([^%"]+)%"/g)].map(([, key = ""]) => key);
    expect([...new Set(used)].toSorted()).toEqual(Object.keys(texts).toSorted());
  });

  test("say which kind of namespace they mean", () => {
    const bare = Object.values(texts).filter((text) =>
      [...text.matchAll(/(\w+) namespaces?\b/gi)].some(
        ([, before]) => before !== "Linux" && before !== "Kubernetes",
      ),
    );
    expect(bare).toEqual([]);
  });
});

describe("welcome texts", () => {
  test("there is one for each problem that leaves the view empty", () => {
    const union = /export type Problem =([^;]+);/.exec(source)?.[1] ?? "";
    const problems = [...union.matchAll(/"(\w+)"/g)]
      .map(([, problem = ""]) => problem)
      .filter((problem) => problem !== "none");
    const shown = contributes.viewsWelcome.flatMap(
      ({ when = "" }) => /podSandbox\.problem == (\w+)$/.exec(when)?.[1] ?? [],
    );
    expect(problems.length).toBeGreaterThan(5);
    expect(shown.toSorted()).toEqual(problems.toSorted());
  });
});

test("every picture that the manifest names is there", () => {
  const pictures = [...JSON.stringify(manifest).matchAll(/"(media\/[^"]+)"/g)].map(([, path = ""]) => path);
  expect(pictures.length).toBeGreaterThan(4);
  for (const picture of pictures)
    expect(readFileSync(join(root, picture)).length, picture).toBeGreaterThan(0);
});
