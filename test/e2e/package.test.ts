import { readFile, readdir, rm, mkdtemp, stat } from "node:fs/promises";
import { execFile } from "node:child_process";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import { measureLoad } from "../bench/load.ts";

describe("the packed extension", () => {
  let folder: string;
  let installed: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "installed-"));
    const main = join(inject("installation").folder, "out/server-main.js");
    const folders = ["--extensions-dir", folder, "--user-data-dir", join(folder, "data")];
    const install = ["--install-extension", inject("vsix"), "--accept-server-license-terms", ...folders];
    await promisify(execFile)(
      process.execPath,
      [main, ...install, "--server-data-dir", join(folder, "server")],
      { env: { ...process.env, TMPDIR: folder } },
    );
    const name = (await readdir(folder)).find((entry) => entry.startsWith("pod-sandbox-explorer."));
    installed = join(folder, name ?? "missing");
  });
  afterAll(async () => rm(folder, { recursive: true, force: true }));

  test("holds only what runs or is read by its users", async () => {
    const entries = await readdir(installed, { recursive: true, withFileTypes: true });
    const files = entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name).slice(installed.length + 1))
      .filter((file) => !/^media\/(panel|walkthrough|lesson)-[a-z]+\.svg$/.test(file))
      .map((file) => file.replace(/^dist\/host-[0-9A-Z]+\.cjs$/, "dist/host-*.cjs"));
    expect([...new Set(files)].toSorted()).toEqual([
      ".vsixmanifest",
      "LICENSE.txt",
      "changelog.md",
      "dist/THIRD_PARTY_NOTICES.txt",
      "dist/cluster.cjs",
      "dist/compare.css",
      "dist/compare.js",
      "dist/drawing.js",
      "dist/extension.cjs",
      "dist/host-*.cjs",
      "dist/node.css",
      "dist/node.js",
      "dist/nodes.cjs",
      "dist/webview.css",
      "dist/webview.js",
      "l10n/bundle.l10n.ru.json",
      "l10n/bundle.l10n.zh-cn.json",
      "media/activity-bar.svg",
      "media/audit.schema.json",
      "media/drawing.png",
      "media/icon.png",
      "media/panel.png",
      "media/sample-pod.sandbox.json",
      "media/snapshot.schema.json",
      "package.json",
      "package.nls.json",
      "package.nls.ru.json",
      "package.nls.zh-cn.json",
      "readme.md",
    ]);
  });

  test("names the licence of every package in it", async () => {
    const notices = await readFile(join(installed, "dist/THIRD_PARTY_NOTICES.txt"), "utf8");
    for (const name of ["@kubernetes/client-node", "ssh2", "preact", "yaml", "zod"]) {
      expect(notices).toMatch(new RegExp(`^${name} [\\d.]+ \\([A-Z]`, "m"));
    }
    expect(notices).not.toContain("undefined");
  });

  test("says nothing of the machine it was packed on", async () => {
    const root = join(import.meta.dirname, "../..");
    for (const file of await readdir(join(installed, "dist"))) {
      expect(await readFile(join(installed, "dist", file), "utf8")).not.toContain(root);
    }
  });

  test("has a panel of less than 60,000 bytes", async () => {
    const { size } = await stat(join(installed, "dist/webview.js"));
    expect(size).toBeLessThan(60_000);
  });

  test("loads in less than 150 ms, without ssh2 and the Kubernetes client", async () => {
    const { milliseconds, files } = await measureLoad(5);
    const names = files.map((file) => basename(file));
    expect(names).toContain("extension.cjs");
    for (const name of names) expect(name).toMatch(/^(?:extension|host-[0-9A-Z]+)\.cjs$/);
    expect(milliseconds).toBeLessThan(150);
  });
});
