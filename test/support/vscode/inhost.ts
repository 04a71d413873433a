import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { format } from "node:util";
import { build } from "esbuild";
import { launchChromium } from "./browser.ts";
import { startVSCode, type VSCodeOptions } from "./start.ts";

/** How one test inside the extension host ended. */
export interface InHostResult {
  readonly name: string;
  /** What it threw, or null. */
  readonly error: string | null;
}

/** What a file of in-host tests exports as `cases`: each is run in turn, in VS Code's extension host. */
export type InHostCases = Readonly<Record<string, () => Promise<void>>>;

const TIMEOUT_MS = 90_000;

/**
 * Runs tests inside the extension host of a real VS Code, which gives them the `vscode` API.
 *
 * @param file an absolute path to TypeScript that exports `cases`; bundled first, so it may import the project's code.
 * @throws when VS Code does not start, or the tests do not end in time.
 */
export async function runInHost(
  file: string,
  options: Omit<VSCodeOptions, "extensionDevelopmentPath" | "extensionTestsPath">,
): Promise<readonly InHostResult[]> {
  const folder = await mkdtemp(join(tmpdir(), "in-host-"));
  const results = join(folder, "results.json");
  const tests = join(folder, "tests.cjs");
  await writeFile(
    join(folder, "package.json"),
    // VS Code runs tests on behalf of an extension in development: this one does nothing, so what is tested is installed.
    JSON.stringify({ name: "in-host-tests", publisher: "test", version: "0.0.0", engines: { vscode: "*" } }),
  );
  await build({
    stdin: {
      contents: `
        import { writeFile } from "node:fs/promises";
        import { cases } from ${JSON.stringify(file)};
        export async function run() {
          const results = [];
          for (const [name, test] of Object.entries(cases)) {
            const error = await test().then(() => null, (error) => String(error?.stack ?? error));
            results.push({ name, error });
          }
          await writeFile(${JSON.stringify(results)}, JSON.stringify(results));
        }`,
      resolveDir: folder,
    },
    bundle: true,
    platform: "node",
    format: "cjs",
    external: ["vscode"],
    outfile: tests,
    logLevel: "warning",
  });
  const server = await startVSCode({
    ...options,
    extensionDevelopmentPath: folder,
    extensionTestsPath: tests,
  });
  try {
    const browser = await launchChromium();
    try {
      const page = await browser.newPage();
      const ended = Promise.withResolvers<undefined>();
      let output = "";
      await page.exposeFunction("codeAutomationLog", (_type: string, parts: readonly unknown[]) => {
        output += `${format(...parts)}\n`;
      });
      await page.exposeFunction("codeAutomationExit", () => ended.resolve(undefined));
      const timer = setTimeout(
        () => ended.reject(new Error(`The tests did not end:\n${output}${server.log()}`)),
        TIMEOUT_MS,
      );
      await page.goto(server.url);
      await ended.promise.finally(() => clearTimeout(timer));
      const text: unknown = JSON.parse(await readFile(results, "utf8"));
      return text as readonly InHostResult[];
    } finally {
      await browser.close();
    }
  } finally {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  }
}
