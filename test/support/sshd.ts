import { execFile, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** sshd re-executes itself, so it must be started by its absolute path. */
const sshdProgram = ["/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/lib/ssh/sshd"].find((path) =>
  existsSync(path),
);

/** Why nobody could log in to a server started here; undefined when one can. The caller says what it skips. */
export const whyNoSshd: string | undefined = (() => {
  if (sshdProgram === undefined) return "OpenSSH's sshd is not installed";
  // Only root may log in others; an account for services cannot log in to itself.
  const { shell, username } = userInfo();
  return /\/(nologin|false)$/.test(shell ?? "") ? `${username} has no login shell` : undefined;
})();

export type KeyType = "ed25519" | "rsa" | "ecdsa";

export interface KeyPair {
  /** Of the private key; the public one is beside it with ".pub". */
  readonly path: string;
  /** "ssh-ed25519 AAAA...", without comment. */
  readonly publicKey: string;
  /** "SHA256:..." as ssh-keygen prints it. */
  readonly fingerprint: string;
}

/** Makes a key pair with ssh-keygen at `path`, which must not exist. */
export async function makeKey(path: string, type: KeyType = "ed25519", passphrase = ""): Promise<KeyPair> {
  const size = type === "rsa" ? ["-b", "2048"] : [];
  await run("ssh-keygen", ["-q", "-t", type, ...size, "-N", passphrase, "-C", "", "-f", path]);
  const publicKey = (await readFile(`${path}.pub`, "utf8")).trim();
  const { stdout } = await run("ssh-keygen", ["-l", "-E", "sha256", "-f", `${path}.pub`]);
  return { path, publicKey, fingerprint: stdout.split(" ")[1] ?? "" };
}

export interface SshdOptions {
  /** Lines of authorized_keys, valid for every user of this machine. */
  readonly authorizedKeys: readonly string[];
  /** Private host keys to serve, in this order; by default new ones of all three types. */
  readonly hostKeys?: readonly KeyPair[];
  /** By default a free one. */
  readonly port?: number;
  /** By default 127.0.0.1. */
  readonly listenAddress?: string;
  /** Sessions in one connection; sshd's own default is 10. */
  readonly maxSessions?: number;
  /** More lines of sshd_config; before the first `Match`, they replace ours of the same keyword. */
  readonly config?: readonly string[];
  /** A command to start sshd through, such as ["ip", "netns", "exec", NAME]. */
  readonly through?: readonly string[];
}

export interface Sshd {
  readonly host: string;
  readonly port: number;
  readonly hostKeys: readonly KeyPair[];
  /** Private key file of the first host key. */
  readonly hostKeyPath: string;
  /** A line of known_hosts for the first host key, without newline. */
  readonly knownHostsLine: string;
  /** What sshd logged so far (LogLevel VERBOSE). */
  log(): string;
  /** How many connections authenticated so far. */
  accepted(): number;
  /** Cuts every open connection; the server goes on listening. */
  dropConnections(): Promise<void>;
  /** Ends the server and every session, and removes its folder. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts a real OpenSSH server on loopback in a folder of its own. Logs in as any user of this machine when run as root,
 * else only as the user who runs it.
 */
export async function startSshd(options: SshdOptions): Promise<Sshd> {
  if (sshdProgram === undefined) throw new Error("OpenSSH's sshd is not installed (Debian: openssh-server)");
  // sshd refuses to start as root without its privilege separation directory.
  if (process.getuid?.() === 0) await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const folder = await mkdtemp(join(tmpdir(), "sshd-"));
  try {
    const hostKeys = options.hostKeys ?? [
      await makeKey(join(folder, "host_ed25519"), "ed25519"),
      await makeKey(join(folder, "host_rsa"), "rsa"),
      await makeKey(join(folder, "host_ecdsa"), "ecdsa"),
    ];
    const [firstKey] = hostKeys;
    if (firstKey === undefined) throw new Error("sshd needs a host key");
    const host = options.listenAddress ?? "127.0.0.1";
    await writeFile(join(folder, "authorized_keys"), `${options.authorizedKeys.join("\n")}\n`, {
      mode: 0o644,
    });
    const port = options.port ?? (await freePort());
    const configPath = join(folder, "sshd_config");
    const more = options.config ?? [];
    const firstMatch = more.findIndex((line) => /^match\b/i.test(line));
    const given = more.slice(0, firstMatch === -1 ? undefined : firstMatch).map(keywordOf);
    await writeFile(
      configPath,
      [
        ...[
          `ListenAddress ${host}:${port}`,
          ...hostKeys.map((key) => `HostKey ${key.path}`),
          `AuthorizedKeysFile ${join(folder, "authorized_keys")}`,
          `PidFile ${join(folder, "sshd.pid")}`,
          "UsePAM no",
          "StrictModes no",
          "PasswordAuthentication no",
          "KbdInteractiveAuthentication no",
          "PermitRootLogin prohibit-password",
          "UseDNS no",
          "LogLevel VERBOSE",
          // Tests open many connections at once; the default would drop some of them at random.
          "MaxStartups 200",
          // bash reads the user's ~/.bashrc when sshd starts it at level 1: what is there is none of a test's business.
          "SetEnv SHLVL=2",
          `MaxSessions ${options.maxSessions ?? 10}`,
        ].filter((line) => !given.includes(keywordOf(line))),
        ...more,
        "",
      ].join("\n"),
    );
    const [program, ...args] = [...(options.through ?? []), sshdProgram, "-D", "-e", "-f", configPath];
    const server = spawn(program, args, { stdio: ["ignore", "ignore", "pipe"] });
    const log = await listening(server);
    let stopped = false;
    return {
      host,
      port,
      hostKeys,
      hostKeyPath: firstKey.path,
      knownHostsLine: `${port === 22 ? host : `[${host}]:${port}`} ${firstKey.publicKey}`,
      log,
      accepted: () => log().match(/^Accepted \S+ for /gm)?.length ?? 0,
      dropConnections: async () => kill(await descendants(server.pid)),
      stop: async () => {
        if (stopped) return;
        stopped = true;
        // The sessions live in sessions of their own: the server's end would not end them.
        const sessions = await descendants(server.pid);
        if (server.exitCode === null && server.signalCode === null) {
          const exit = once(server, "exit");
          server.kill("SIGTERM");
          await exit;
        }
        kill(sessions);
        await rm(folder, { recursive: true, force: true });
      },
    };
  } catch (error) {
    await rm(folder, { recursive: true, force: true });
    throw error;
  }
}

function keywordOf(line: string): string {
  return (line.split(/[\s=]/, 1)[0] ?? "").toLowerCase();
}

/** Waits until sshd says that it listens; gives access to its log. */
async function listening(server: ChildProcess): Promise<() => string> {
  let text = "";
  await new Promise<void>((resolve, reject) => {
    server.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
      if (text.includes("Server listening on")) resolve();
    });
    server.on("error", reject);
    server.on("exit", (code) => reject(new Error(`sshd ended with ${String(code)}: ${text}`)));
  });
  return () => text;
}

/** A TCP port of 127.0.0.1 that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

async function descendants(pid: number | undefined): Promise<number[]> {
  if (pid === undefined) return [];
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const direct = children.split(" ").filter(Boolean).map(Number);
  const deeper = await Promise.all(direct.map(descendants));
  return [...direct, ...deeper.flat()];
}

function kill(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself.
    }
  }
}
