import { spawn } from "node:child_process";
import { timingSafeEqual } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import type { AddressInfo } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import ssh2, { type AuthContext, type Connection, type PseudoTtyInfo, type ServerChannel } from "ssh2";
import { quoteWord } from "../../extension/nodes/quote.ts";

/** Answers one command that a client asks to be run: reads its stdin, writes its output, tells its exit code, ends. */
export type CommandRunner = (command: string, channel: ServerChannel) => void;

export interface LabSshOptions {
  /** For keys, known_hosts and an empty ssh config; made when it is not there. */
  readonly folder: string;
  readonly run: CommandRunner;
  /** False leaves known_hosts empty, so that the user is asked about the host key. True by default. */
  readonly hostKeyKnown?: boolean;
  /** Lets in whoever knows it, and nobody by a key. */
  readonly password?: string | undefined;
}

export interface LabSsh {
  readonly port: number;
  readonly user: string;
  /** Private key, OpenSSH format, without passphrase. */
  readonly identityFile: string;
  readonly knownHostsFile: string;
  /** Empty: keeps the user's own ssh config out of the lab. */
  readonly configFile: string;
  /** Commands run so far. */
  readonly commands: readonly string[];
  /** Connections made so far. */
  readonly connectionCount: number;
  stop(): Promise<void>;
}

/** An SSH server on loopback that lets in nobody but the holder of the key that it makes here. */
export async function startLabSsh({
  folder,
  run,
  hostKeyKnown = true,
  password,
}: LabSshOptions): Promise<LabSsh> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const hostKey = newKey();
  const userKey = newKey();

  const user = userInfo().username;
  const commands: string[] = [];
  const connections = new Set<Connection>();
  let connectionCount = 0;

  const server = new ssh2.Server({ hostKeys: [hostKey.private] }, (connection) => {
    connectionCount++;
    connections.add(connection);
    connection.on("authentication", (context) => {
      const isIn =
        password === undefined
          ? isHolder(context, user, userKey.parsed)
          : context.method === "password" && context.username === user && context.password === password;
      if (isIn) context.accept();
      else context.reject([password === undefined ? "publickey" : "password"]);
    });
    connection.on("session", (accept) => {
      const session = accept();
      let terminal: PseudoTtyInfo | undefined;
      session.on("pty", (acceptTerminal, _reject, info) => {
        terminal = info;
        acceptTerminal();
      });
      session.on("exec", (acceptExec, _reject, { command }) => {
        commands.push(command);
        run(terminal === undefined ? command : onTerminal(command, terminal), acceptExec());
      });
    });
    // A client that goes away while it is written to is no failure of the server.
    connection.on("error", () => connection.end());
    connection.on("close", () => connections.delete(connection));
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, "127.0.0.1", resolve);
  });
  const { port } = server.address() as AddressInfo;

  const identityFile = join(folder, "id_ed25519");
  const knownHostsFile = join(folder, "known_hosts");
  const configFile = join(folder, "config");
  await writeFile(identityFile, userKey.private, { mode: 0o600 });
  await writeFile(knownHostsFile, hostKeyKnown ? `[127.0.0.1]:${port} ${hostKey.public}\n` : "", {
    mode: 0o600,
  });
  await writeFile(configFile, "", { mode: 0o600 });

  return {
    port,
    user,
    identityFile,
    knownHostsFile,
    configFile,
    commands,
    get connectionCount() {
      return connectionCount;
    },
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        for (const connection of connections) connection.end();
      }),
  };
}

interface LabKey {
  /** OpenSSH's format. */
  readonly private: string;
  /** "ssh-ed25519 AAAA...". */
  readonly public: string;
  readonly parsed: ssh2.ParsedKey;
}

/** ssh2 1.17 writes one in 200 keys so that it cannot read them itself; such a one is thrown away. */
export function newKey(): LabKey {
  for (;;) {
    const pair = ssh2.utils.generateKeyPairSync("ed25519");
    const parsed = ssh2.utils.parseKey(pair.public);
    const usable = !(parsed instanceof Error) && !(ssh2.utils.parseKey(pair.private) instanceof Error);
    if (usable) return { private: pair.private, public: pair.public, parsed };
  }
}

/** RFC 4252, section 7: first without a signature (would this key do?), then with one over the session. */
function isHolder(context: AuthContext, user: string, key: ssh2.ParsedKey): boolean {
  if (context.method !== "publickey" || context.username !== user || context.key.algo !== key.type)
    return false;
  const known = key.getPublicSSH();
  if (context.key.data.length !== known.length || !timingSafeEqual(context.key.data, known)) return false;
  if (context.signature === undefined || context.blob === undefined) return true;
  // It is an Error, not false, when the signature cannot even be read, whatever its type says.
  const verified: unknown = key.verify(context.blob, context.signature, context.hashAlgo);
  return verified === true;
}

/** The same command with a terminal of this size, which stays as it is: script(1) makes it, of Linux. */
function onTerminal(command: string, { cols, rows }: PseudoTtyInfo): string {
  const line = `stty cols ${cols} rows ${rows}; export TERM=xterm-256color; ${command}`;
  return `exec script -qfec ${quoteWord(line)} /dev/null`;
}

/** Runs the command as sshd would, with the lab's own rights. */
export function runInShell(command: string, channel: ServerChannel): void {
  const { LANG, HOME, PATH } = process.env;
  // A process group of its own, so that all of it can be ended when the client goes.
  const child = spawn("/bin/sh", ["-c", command], { cwd: "/", detached: true, env: { LANG, HOME, PATH } });
  channel.pipe(child.stdin);
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  // EPIPE: the command ended without reading all of its input.
  child.stdin.on("error", () => channel.unpipe(child.stdin));
  channel.on("close", () => {
    if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    process.kill(-child.pid, "SIGKILL");
  });
  child.on("error", () => channel.close());
  child.on("close", (code, signal) => {
    if (code === null) channel.exit(signal?.replace(/^SIG/, "") ?? "KILL");
    else channel.exit(code);
    channel.end();
  });
}
