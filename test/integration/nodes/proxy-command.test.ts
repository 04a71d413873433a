import { once } from "node:events";
import { readFile, readdir } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { text } from "node:stream/consumers";
import type { Duplex } from "node:stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openProxyCommand } from "../../../extension/nodes/ssh/proxy-command.ts";
import { quoteCommand } from "../../../extension/nodes/quote.ts";
import { makeKey, startSshd, whyNoSshd } from "../../support/sshd.ts";
import { makeHome, type Home } from "../../support/ssh-nodes.ts";

let home: Home;

beforeAll(async () => {
  home = await makeHome({ PATH: process.env["PATH"] ?? "", SHELL: "/bin/sh" });
});

afterAll(async () => {
  await home[Symbol.asyncDispose]();
});

/** What `nc HOST PORT` does, without nc. */
async function relay(port: number): Promise<string> {
  const script = await home.write(
    "relay.mjs",
    `import { connect } from "node:net";
     const socket = connect(Number(process.argv[2]), "127.0.0.1");
     process.stdin.pipe(socket).pipe(process.stdout);`,
  );
  return quoteCommand([process.execPath, script, String(port)]);
}

const never = new AbortController().signal;

function open(command: string, signal = never): Duplex {
  return openProxyCommand(command, home.machine, signal);
}

/** The processes of this machine whose command line has the mark. */
async function running(mark: string): Promise<string[]> {
  const found: string[] = [];
  for (const pid of await readdir("/proc")) {
    if (!/^\d+$/.test(pid)) continue;
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes(mark)) found.push(pid);
  }
  return found;
}

async function failure(stream: Duplex): Promise<Error> {
  stream.resume();
  const [error] = (await once(stream, "error")) as [Error];
  return error;
}

describe.skipIf(whyNoSshd !== undefined)("a ProxyCommand to a real sshd", () => {
  it("carries a login", async () => {
    const { Client } = await import("../../../extension/nodes/library.ts");
    const key = await makeKey(home.path("id"));
    const sshd = await startSshd({ authorizedKeys: [key.publicKey] });
    const client = new Client();
    try {
      const stream = open(await relay(sshd.port));
      const ready = once(client, "ready");
      client.connect({
        sock: stream,
        username: userInfo().username,
        privateKey: await readFile(key.path),
        hostVerifier: () => true,
      });
      await ready;
      const channel = await new Promise<Duplex>((resolve, reject) => {
        client.exec("echo there", (error, opened) => (error === undefined ? resolve(opened) : reject(error)));
      });
      expect(await text(channel)).toBe("there\n");
      client.destroy();
      await once(stream, "close");
      await expect.poll(() => running(home.path("relay.mjs"))).toEqual([]);
    } finally {
      client.destroy();
      await sshd.stop();
    }
  });
});

describe("a ProxyCommand", () => {
  it("carries bytes both ways, however many, and ends with its input", async () => {
    const server = createServer({ allowHalfOpen: true }, (socket) => socket.pipe(socket)).listen(
      0,
      "127.0.0.1",
    );
    await once(server, "listening");
    const stream = open(await relay((server.address() as AddressInfo).port));
    const sent = "0123456789abcdef".repeat(100_000);
    stream.end(sent);
    expect(await text(stream)).toBe(sent);
    server.close();
    await once(server, "close");
  });

  it("is run by the user's shell, with quotes and pipes", async () => {
    const stream = open(`sh -c 'echo "$0 $PATH" | tr a-z A-Z; cat' "it's here"`);
    const [first] = (await once(stream, "data")) as [Buffer];
    expect(first.toString()).toMatch(/^IT'S HERE \//);
    stream.destroy();
    await once(stream, "close");
  });

  it.each([
    [
      "ended with a message",
      "echo first >&2; echo 'tunnel: no such instance' >&2; exit 3",
      /no such instance/,
    ],
    ["ended without one", "exit 7", /ended with 7/],
    ["is not there", "no-such-program-here 1 2", /no-such-program-here.*not found/],
    ["was killed", "kill -9 $$", /SIGKILL/],
    ["ended well", "exit 0", /ended with 0/],
  ])("says why it gave up when it %s", async (_when, script, message) => {
    const stream = open(script.startsWith("no-such") ? script : `sh -c ${quoteCommand([script])}`);
    expect((await failure(stream)).message).toMatch(message);
  });

  it("says one line of it only, and not too long a one", async () => {
    const stream = open(`sh -c 'head -c 100000 /dev/zero | tr "\\0" x >&2; printf "\\033[31m" >&2; exit 1'`);
    const { message } = await failure(stream);
    expect(message.length).toBeLessThan(300);
    expect(message).not.toMatch(/\p{Cc}/u);
  });

  it("says that the shell is not there", async () => {
    const machine = { ...home.machine, env: { SHELL: "/no/such/shell" } };
    expect((await failure(openProxyCommand("true", machine, never))).message).toMatch(
      /cannot be run.*ENOENT/,
    );
  });

  it("ends with the stream, and so does all that it started, whatever it does against it", async () => {
    const mark = "4711.25";
    const stream = open(
      `sh -c 'trap "" TERM; sleep ${mark} & sleep ${mark} & echo up; wait; wait; sleep ${mark}'`,
    );
    await once(stream, "data");
    expect((await running(mark)).length).toBeGreaterThan(1);
    stream.destroy();
    await once(stream, "close");
    await expect.poll(() => running(mark), { timeout: 5_000 }).toEqual([]);
  });

  it("ends when nobody wants it any more", async () => {
    const mark = "4712.25";
    const wanted = new AbortController();
    const stream = open(`sleep ${mark}`, wanted.signal);
    await expect.poll(async () => (await running(mark)).length).toBeGreaterThan(0);
    wanted.abort();
    await once(stream, "close");
    await expect.poll(() => running(mark), { timeout: 5_000 }).toEqual([]);
    const late = open("sleep 4713.25", wanted.signal);
    await expect.poll(() => late.closed).toBe(true);
    await expect.poll(() => running("4713.25"), { timeout: 5_000 }).toEqual([]);
  });

  it("ends where it closes its output and stays", async () => {
    const mark = "4714.25";
    const stream = open(`sh -c 'exec >&-; sleep ${mark}'`);
    expect((await failure(stream)).message).toMatch(/closed the connection/);
    await expect.poll(() => running(mark), { timeout: 5_000 }).toEqual([]);
  });

  it("leaves no zombie behind", async () => {
    const before = await zombies();
    await Promise.all(Array.from({ length: 10 }, () => failure(open("true"))));
    await expect.poll(zombies).toBe(before);
  });
});

/** Children of this process that nobody has waited for. */
async function zombies(): Promise<number> {
  let count = 0;
  for (const pid of await readdir("/proc")) {
    const stat = /^\d+$/.test(pid) ? await readFile(`/proc/${pid}/stat`, "utf8").catch(() => "") : "";
    const [state, parent] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (state === "Z" && parent === String(process.pid)) count++;
  }
  return count;
}
