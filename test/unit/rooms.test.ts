import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";

// The import rules of CONTRIBUTING.md, held a second time: the linter could be told to look away, this table not.

const root = path.join(import.meta.dirname, "../..");

interface Room {
  readonly rooms: readonly string[];
  readonly packages: readonly RegExp[];
}

const rules: Readonly<Record<string, Room>> = {
  "extension/core": { rooms: [], packages: [/^yaml$/, /^@vscode\/l10n$/, /^zod\/mini$/] },
  "extension/protocol": { rooms: ["extension/core"], packages: [/^zod\/mini$/] },
  "extension/cluster": { rooms: ["extension/core"], packages: [/^node:/, /^zod\/mini$/, /^yaml$/] },
  "extension/nodes": { rooms: ["extension/core"], packages: [/^node:/] },
  "extension/app": {
    rooms: ["extension/core", "extension/cluster", "extension/nodes"],
    packages: [/^@vscode\/l10n$/],
  },
  "extension/ui": {
    rooms: ["extension/core", "extension/protocol", "extension/cluster", "extension/nodes", "extension/app"],
    packages: [/^node:/, /^vscode$/, /^@vscode\/l10n$/, /^zod\/mini$/],
  },
  webview: {
    rooms: ["extension/core", "extension/protocol"],
    packages: [/^preact(\/|$)/, /^@vscode\/l10n$/],
  },
};

/** The only files that name the heavy libraries, loaded on first use. */
const libraries: Readonly<Record<string, RegExp>> = {
  "extension/cluster/library.ts": /^(@kubernetes\/client-node(\/|$)|ws$)/,
  "extension/nodes/library.ts": /^ssh2$/,
};

interface Import {
  readonly specifier: string;
  readonly dynamic: boolean;
  readonly typeOnly: boolean;
}

function importsOf(source: string): Import[] {
  const found: Import[] = [];
  for (const match of source.matchAll(
    /^\s*(?:import|export)\s+(?<type>type\s)?(?:[^;"'`]*?\sfrom\s+)?["'](?<name>[^"']+)["']|import\(\s*["'](?<dynamic>[^"']+)["']\s*\)/gm,
  )) {
    const { type, name, dynamic } = match.groups ?? {};
    found.push({
      specifier: name ?? dynamic ?? "",
      dynamic: dynamic !== undefined,
      typeOnly: type !== undefined,
    });
  }
  return found;
}

function filesOf(room: string): string[] {
  return readdirSync(path.join(root, room), { recursive: true, encoding: "utf8" })
    .filter((file) => /\.tsx?$/.test(file))
    .map((file) => path.posix.join(room, file.replaceAll(path.sep, "/")));
}

function violations(file: string, room: string, rule: Room, source: string): string[] {
  return importsOf(source).flatMap(({ specifier, typeOnly, dynamic }) => {
    const told = `${file} imports ${specifier}`;
    if (!specifier.startsWith(".")) {
      if (libraries[file]?.test(specifier) === true) return [];
      return rule.packages.some((allowed) => allowed.test(specifier)) ? [] : [told];
    }
    const target = path.posix.join(path.posix.dirname(file), specifier);
    if (libraries[target] !== undefined && !dynamic && !typeOnly) {
      return [`${told}, which is to be loaded on first use`];
    }
    const inside = [room, ...rule.rooms].some((allowed) => target.startsWith(`${allowed}/`));
    return inside ? [] : [told];
  });
}

describe("rooms", () => {
  test.each(Object.entries(rules))("%s imports only what it may", (room, rule) => {
    const files = filesOf(room);
    expect(files).not.toEqual([]);
    const found = files.flatMap((file) =>
      violations(file, room, rule, readFileSync(path.join(root, file), "utf8")),
    );
    expect(found).toEqual([]);
  });

  test.each([
    ["extension/core/x.ts", "extension/core", 'import fs from "node:fs";'],
    ["extension/core/probe/x.ts", "extension/core", 'import { a } from "../../app/store.ts";'],
    ["extension/app/x.ts", "extension/app", 'import * as vscode from "vscode";'],
    ["extension/nodes/x.ts", "extension/nodes", 'import { Client } from "ssh2";'],
    ["extension/nodes/x.ts", "extension/nodes", 'import { Client } from "./library.ts";'],
    ["extension/cluster/x.ts", "extension/cluster", 'export { a } from "../nodes/pool.ts";'],
    ["webview/x.tsx", "webview", 'import { a } from "../extension/app/store.ts";'],
    ["webview/x.tsx", "webview", 'const a = await import("vscode");'],
  ])("a violation in %s is seen", (file, room, source) => {
    const rule = rules[room];
    expect(rule && violations(file, room, rule, source)).toHaveLength(1);
  });
});
