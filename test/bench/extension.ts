// What the extension itself costs: to load, on the disk, and its panel to draw.
//   node test/bench/extension.ts      needs Chromium for the panel
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import path from "node:path";
import { measureLoad } from "./load.ts";
import { measurePanel } from "./panel.ts";
import { row, type Row, scenario } from "./row.ts";

const root = path.join(import.meta.dirname, "../..");

await scenario(async () => {
  const { status } = spawnSync(process.execPath, ["build.mjs", "package"], {
    cwd: root,
    stdio: ["ignore", "ignore", "inherit"],
  });
  if (status !== 0) throw new Error("the extension could not be packed");
  const { milliseconds, files } = await measureLoad(21);
  if (files.some((file) => /(cluster|nodes)\.cjs$/.test(file))) throw new Error("a heavy bundle was loaded");
  const rows: Row[] = [
    row(
      "load",
      "loading the extension's code in a fresh process, before it is activated",
      milliseconds,
      "ms",
      30,
    ),
  ];
  const loaded = files.reduce((sum, file) => sum + statSync(file).size, 0);
  rows.push(row("bytes-loaded", "files that are read for that, minified", loaded, "bytes"));
  for (const name of ["cluster.cjs", "nodes.cjs", "webview.js"]) {
    const { size } = statSync(path.join(root, "dist", name));
    rows.push(
      row(`bytes-${name}`, `${name}, minified`, size, "bytes", name === "webview.js" ? 60_000 : null),
    );
  }
  for (const containers of [1, 20]) {
    const { host, painted } = await measurePanel(containers);
    rows.push(
      row(
        `panel-${containers}`,
        `panel of ${containers} containers, from its message to the painted table`,
        painted,
        "ms",
        100,
      ),
      row(`panel-${containers}-host`, `the same, in the extension host`, host, "ms", 16),
    );
  }
  return rows;
});
