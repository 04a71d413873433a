import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

const script = fileURLToPath(new URL("../../lab/start.mjs", import.meta.url));

/** Exit code and output of npm start's script, where it ends by itself. */
async function start(...args: readonly string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [script, ...args], { timeout: 10_000 }, (error, stdout, stderr) => {
      resolve({
        code: typeof error?.code === "number" ? error.code : error === null ? 0 : -1,
        stdout,
        stderr,
      });
    });
  });
}

test("--help tells every option and starts nothing", async () => {
  const { code, stdout } = await start("--help");
  expect(code).toBe(0);
  for (const option of ["--code", "--kubeconfig FILE", "--recording", "--unknown-host"]) {
    expect(stdout).toContain(option);
  }
});

test.each([
  ["an unknown option", ["--bogus"], /--bogus/],
  ["a stray word", ["lab"], /lab/],
  ["an option without its value", ["--kubeconfig"], /--kubeconfig/],
  [
    "a kubeconfig that is not there",
    ["--kubeconfig", "/no/such/file"],
    /\/no\/such\/file cannot be read: ENOENT/,
  ],
  ["options that exclude each other", ["--kubeconfig", script, "--recording"], /--recording/],
])("%s is refused with the reason and the help", async (_, args, reason) => {
  const { code, stdout, stderr } = await start(...args);
  expect(code).toBe(2);
  expect(stdout).toBe("");
  expect(stderr).toMatch(reason);
  expect(stderr).toContain("npm start -- --help");
});
