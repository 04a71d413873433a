import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import ssh2, { type ClientChannel, type ConnectConfig } from "ssh2";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { replay } from "../../lab/recording.ts";
import { type CommandRunner, type LabSsh, newKey, runInShell, startLabSsh } from "../../lab/ssh-server.ts";

let folder: string;
let server: LabSsh;
const clients: ssh2.Client[] = [];

async function start(run: CommandRunner = runInShell, hostKeyKnown = true): Promise<void> {
  server = await startLabSsh({ folder, run, hostKeyKnown });
}

async function connect(change: ConnectConfig = {}): Promise<ssh2.Client> {
  const client = new ssh2.Client();
  clients.push(client);
  const privateKey = await readFile(server.identityFile);
  await new Promise<void>((resolve, reject) => {
    client.once("ready", resolve).once("error", reject);
    client.connect({ host: "127.0.0.1", port: server.port, username: server.user, privateKey, ...change });
  });
  return client;
}

async function open(client: ssh2.Client, command: string): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error === undefined) resolve(channel);
      else reject(error);
    });
  });
}

async function exec(
  client: ssh2.Client,
  command: string,
  stdin = "",
): Promise<[string, string, number | null, string?]> {
  const channel = await open(client, command);
  let stdout = "";
  let stderr = "";
  channel.on("data", (data: Buffer) => (stdout += data.toString()));
  channel.stderr.on("data", (data: Buffer) => (stderr += data.toString()));
  channel.end(stdin);
  // "exit" may have been told in the same packet that opened the channel; "close" repeats it.
  return new Promise((resolve) => {
    channel.on("close", (code: number | null, signal?: string) => {
      resolve(signal === undefined ? [stdout, stderr, code] : [stdout, stderr, code, signal]);
    });
  });
}

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "lab-ssh-"));
});
afterEach(async () => {
  for (const client of clients.splice(0)) client.end();
  await server.stop();
  await rm(folder, { recursive: true, force: true });
});

describe("running commands", () => {
  beforeEach(() => start());

  test("output, errors, input and exit code come through", async () => {
    const client = await connect();
    expect(await exec(client, "cat; echo oops >&2; exit 3", "hello\n")).toEqual(["hello\n", "oops\n", 3]);
    expect(await exec(client, "kill -TERM $$")).toEqual(["", "", null, "SIGTERM"]);
    expect(server.commands).toEqual(["cat; echo oops >&2; exit 3", "kill -TERM $$"]);
    expect(server.connectionCount).toBe(1);
  });

  test("a long answer is whole although the program does not read its input", async () => {
    const [stdout, , code] = await exec(
      await connect(),
      "head -c 5000000 /dev/zero | tr '\\0' x",
      "y".repeat(300_000),
    );
    expect([stdout.length, code]).toEqual([5_000_000, 0]);
  });

  test("a command ends with its client, children and all", async () => {
    const client = await connect();
    const channel = await open(client, "sleep 60 & echo $!; wait");
    const pid = await new Promise<string>((resolve) => {
      channel.on("data", (data: Buffer) => resolve(data.toString().trim()));
    });
    expect(existsSync(`/proc/${pid}`)).toBe(true);
    client.destroy();
    // A zombie until whoever adopted it reaps it.
    await vi.waitFor(async () => {
      const status = await readFile(`/proc/${pid}/status`, "utf8").catch(() => "State:\tZ");
      expect(status).toMatch(/^State:\tZ/m);
    });
  });

  test.each([
    ["another key", { privateKey: newKey().private }],
    ["another user", { username: "somebody-else" }],
    ["a password", { privateKey: "", password: "secret" }],
    ["nothing", { privateKey: "" }],
  ])("%s does not get in", async (_, change) => {
    await expect(connect(change)).rejects.toThrow(/authentication methods failed/);
    expect(server.commands).toEqual([]);
  });

  test("no shell, no forwarding, no file transfer", async () => {
    const client = await connect();
    await expect(new Promise((_, reject) => client.shell((error) => reject(error)))).rejects.toThrow(
      /Unable to open shell/,
    );
    await expect(new Promise((_, reject) => client.sftp((error) => reject(error)))).rejects.toThrow(
      /Unable to start subsystem/,
    );
    await expect(
      new Promise((_, reject) =>
        client.forwardOut("127.0.0.1", 1, "127.0.0.1", server.port, (error) => reject(error)),
      ),
    ).rejects.toThrow(/Channel open failure/);
  });
});

test("the key is the owner's alone, known_hosts has the host key, or nothing when it is to be asked about", async () => {
  await start();
  expect((await stat(server.identityFile)).mode & 0o777).toBe(0o600);
  const known = await readFile(server.knownHostsFile, "utf8");
  expect(known).toMatch(/^\[127\.0\.0\.1\]:\d+ ssh-ed25519 \S+\n$/);
  let offered = "";
  await connect({
    hostVerifier: (key: Buffer) => {
      offered = key.toString("base64");
      return true;
    },
  });
  expect(known).toContain(offered);

  await server.stop();
  await start(runInShell, false);
  expect(await readFile(server.knownHostsFile, "utf8")).toBe("");
});

test("a recording answers by the pod's UID and runs nothing", async () => {
  const uid = "3cf3a3c4-0c6d-4b38-9c0b-0a7f5ad5e2f1";
  await start(replay([{ uid, lines: ["#meta", "#end"] }]));
  const client = await connect();
  const mark = join(folder, "mark");
  expect(await exec(client, `touch ${mark}; 'sh' '-s' '--' '${uid}' '-'`, "script")).toEqual([
    "#meta\n#end\n",
    "",
    0,
  ]);
  const [stdout, stderr, code] = await exec(client, `touch ${mark}`, "");
  expect([stdout, code]).toEqual(["", 127]);
  expect(stderr).toContain("recording");
  expect(existsSync(mark)).toBe(false);
});
