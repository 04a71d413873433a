// The one build script:
//   node build.mjs              bundles into dist/, with source maps
//   node build.mjs --watch      and again at each change
//   node build.mjs check        types, lint and format
//   node build.mjs l10n         says which translations are missing or left over
//   node build.mjs package      bundles for users and writes the .vsix into dist/
// Plain JavaScript for any Node.js from 20; the tools run under the Node.js among the dependencies.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { delimiter, dirname, extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(fileURLToPath(import.meta.url));

/** Runs a tool of node_modules/.bin, its output on ours; answers whether it was content. */
function tool(name, ...options) {
  const bin = join(root, "node_modules/.bin");
  const shell = process.platform === "win32";
  const { status, error } = spawnSync(shell ? name : join(bin, name), options, {
    cwd: root,
    stdio: "inherit",
    shell,
    env: { ...process.env, PATH: `${bin}${delimiter}${process.env.PATH}` },
  });
  if (error !== undefined) {
    console.error(`${name} does not start: ${error.message}. Has npm ci been run?`);
  }
  return status === 0;
}

/** Each is told apart by name, and all run even when one fails. */
function check() {
  const checks = {
    "types: host and tests": () => tool("tsc", "--project", "."),
    "types: core, without Node.js, VS Code and DOM": () => tool("tsc", "--project", "extension/core"),
    "types: webview, without Node.js and VS Code": () => tool("tsc", "--project", "webview"),
    "types: the webview's tests": () => tool("tsc", "--project", "test/unit/webview"),
    lint: () => tool("oxlint", "--type-aware"),
    format: () => tool("oxfmt", "--check", "."),
  };
  const failed = Object.entries(checks).filter(([name, run]) => {
    console.log(`check ${name}`);
    return !run();
  });
  for (const [name] of failed) {
    console.error(`failed: ${name}`);
  }
  return failed.length === 0;
}

/** `await import("./library.ts")` becomes a bundle of its own beside the host's, read when it is first asked for. */
const lazyLibraries = {
  name: "lazy-libraries",
  setup(build) {
    build.onResolve({ filter: /\/library\.ts$/ }, ({ kind, resolveDir, path }) => {
      const room = /[\\/]extension[\\/](cluster|nodes)$/.exec(resolveDir)?.[1];
      if (kind !== "dynamic-import" || room === undefined) {
        return {
          errors: [{ text: `${path} is heavy: only its own room may import it, and only with import()` }],
        };
      }
      return { path: `./${room}.cjs`, external: true };
    });
  },
};

/** ssh2 and ws try compiled code first and fall back to JavaScript: what was compiled here would not run there. */
const withoutNativeModules = {
  name: "without-native-modules",
  setup(build) {
    build.onResolve({ filter: /\.node$|^(cpu-features|bufferutil|utf-8-validate)$/ }, ({ path }) => ({
      path,
      namespace: "native",
    }));
    build.onLoad({ filter: /.*/, namespace: "native" }, () => ({
      contents: 'throw new Error("Native modules are left out.");',
    }));
  },
};

/** CommonJS neighbours are required, not imported: no second module system starts. */
const requiredNotImported = { "dynamic-import": false };

/**
 * What is only asked for with import() becomes files of its own, which an extension that is activated need not read. It
 * is ES modules alone that esbuild splits; so they are made CommonJS afterwards.
 */
const commonJsChunks = {
  name: "commonjs-chunks",
  setup(build) {
    build.onEnd(async ({ outputFiles = [] }) => {
      const { platform, target, minify } = build.initialOptions;
      const options = { platform, target, minify, format: "cjs", supported: requiredNotImported };
      const folder = join(root, "dist");
      mkdirSync(folder, { recursive: true });
      for (const old of readdirSync(folder)) if (/^host-.*\.cjs$/.test(old)) rmSync(join(folder, old));
      for (const { path, text } of outputFiles) {
        writeFileSync(path, (await build.esbuild.transform(text, options)).code);
      }
    });
  },
};

function bundles(production) {
  const common = {
    absWorkingDir: root,
    bundle: true,
    metafile: true,
    minify: production,
    sourcemap: !production,
    legalComments: "none",
    logLevel: "info",
    define: { "process.env.NODE_ENV": JSON.stringify(production ? "production" : "development") },
  };
  const host = {
    ...common,
    platform: "node",
    format: "cjs",
    target: "node22",
    supported: requiredNotImported,
  };
  const entry = {
    ...host,
    entryPoints: ["extension/extension.ts"],
    external: ["vscode"],
    plugins: [lazyLibraries],
  };
  return [
    production
      ? {
          ...entry,
          format: "esm",
          supported: {},
          splitting: true,
          outdir: "dist",
          outExtension: { ".js": ".cjs" },
          chunkNames: "host-[hash]",
          plugins: [lazyLibraries, commonJsChunks],
          write: false,
        }
      : { ...entry, outfile: "dist/extension.cjs" },
    {
      ...host,
      entryPoints: ["extension/cluster/library.ts"],
      outfile: "dist/cluster.cjs",
      plugins: [withoutNativeModules],
    },
    {
      ...host,
      entryPoints: ["extension/nodes/library.ts"],
      outfile: "dist/nodes.cjs",
      plugins: [withoutNativeModules],
    },
    {
      ...common,
      entryPoints: ["webview/main.tsx"],
      outfile: "dist/webview.js",
      platform: "browser",
      format: "iife",
      target: "es2022",
      jsx: "automatic",
      jsxImportSource: "preact",
    },
    // Pages of their own: two things side by side, and the snapshot of a node.
    ...["compare", "node"].map((name) => ({
      ...common,
      entryPoints: [`webview/${name}/main.tsx`],
      outfile: `dist/${name}.js`,
      platform: "browser",
      format: "iife",
      target: "es2022",
      jsx: "automatic",
      jsxImportSource: "preact",
    })),
    {
      // Loaded by the panel when somebody opens the drawing.
      ...common,
      entryPoints: ["webview/drawing/entry.tsx"],
      outfile: "dist/drawing.js",
      platform: "browser",
      format: "iife",
      globalName: "sandboxDrawing",
      target: "es2022",
      jsx: "automatic",
      jsxImportSource: "preact",
    },
  ];
}

async function buildAll(production) {
  const esbuild = await import("esbuild");
  const results = await Promise.all(bundles(production).map((options) => esbuild.build(options)));
  writeFileSync(join(root, "dist/THIRD_PARTY_NOTICES.txt"), notices(results.map(({ metafile }) => metafile)));
}

async function watch() {
  const esbuild = await import("esbuild");
  const contexts = await Promise.all(bundles(false).map((options) => esbuild.context(options)));
  await Promise.all(contexts.map((context) => context.watch()));
  await Promise.all(contexts.map((context) => context.rebuild()));
  // Debugging begins at this line.
  console.log("All bundles are built and built again at each change");
}

/** The licences of the packages whose code is in the bundles. */
function notices(metafiles) {
  const inputs = metafiles.flatMap(({ outputs }) =>
    Object.values(outputs).flatMap((output) =>
      Object.entries(output.inputs)
        .filter(([, { bytesInOutput }]) => bytesInOutput > 0)
        .map(([path]) => path),
    ),
  );
  const folders = inputs.flatMap((path) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(path) ?? []);
  const texts = [...new Set(folders)]
    .toSorted((a, b) => (a < b ? -1 : 1))
    .map((folder) => {
      const about = JSON.parse(readFileSync(join(root, folder, "package.json"), "utf8"));
      const { name, version, license = about.licenses?.[0]?.type } = about;
      const file = readdirSync(join(root, folder)).find((entry) => /^licen[cs]e/i.test(entry));
      const text =
        file === undefined ? `Licence: ${license}` : readFileSync(join(root, folder, file), "utf8").trim();
      return `${name} ${version} (${license})\n\n${text}\n`;
    });
  const intro = "Pod Sandbox Explorer contains code of these packages.\n";
  return [intro, ...texts].join(`\n${"-".repeat(80)}\n\n`);
}

async function pack() {
  await buildAll(true);
  // There is nothing to install beside the bundles, and no repository to link to.
  const without = ["--no-dependencies", "--allow-missing-repository", "--no-rewrite-relative-links"];
  return tool("vsce", "package", ...without, "--out", "dist/");
}

/** English texts of the program and of package.json beside their translations, by language. */
async function translations() {
  const { getL10nJson } = await import("@vscode/l10n-dev");
  const sources = ["extension", "webview"].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
      .filter((file) => /\.tsx?$/.test(file))
      .map((file) => ({
        extension: extname(file),
        contents: readFileSync(join(root, folder, file), "utf8"),
      })),
  );
  const read = (file) =>
    existsSync(join(root, file)) ? JSON.parse(readFileSync(join(root, file), "utf8")) : {};
  const texts = [
    { english: await getL10nJson(sources), file: (language) => `l10n/bundle.l10n.${language}.json` },
    { english: read("package.nls.json"), file: (language) => `package.nls.${language}.json` },
  ];
  let complete = true;
  for (const { english, file } of texts) {
    for (const language of ["ru", "zh-cn"]) {
      const translated = read(file(language));
      const missing = Object.entries(english).filter(([key]) => translated[key] === undefined);
      const left = Object.keys(translated).filter((key) => english[key] === undefined);
      console.log(`${file(language)}: ${missing.length} missing, ${left.length} left over`);
      for (const [key, text] of missing)
        console.log(`  missing ${JSON.stringify(key)}${key === text ? "" : `: ${JSON.stringify(text)}`}`);
      for (const key of left) console.log(`  left over ${JSON.stringify(key)}`);
      complete &&= missing.length + left.length === 0;
    }
  }
  return complete;
}

async function main(command) {
  switch (command) {
    case undefined:
      return buildAll(false).then(() => true);
    case "--watch":
      return watch().then(() => true);
    case "check":
      return check();
    case "l10n":
      return translations();
    case "package":
      return pack();
    default:
      console.error(`node build.mjs [--watch | check | l10n | package], not ${command}`);
      return false;
  }
}

if (!(await main(process.argv[2]))) {
  process.exitCode = 1;
}
