import { chmod, mkdir, readFile, writeFile } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { makeKey } from "../sshd.ts";
import { freePorts } from "./free-ports.ts";
import type { Instance } from "./instance.ts";
import { startSupervised, type Supervised } from "./supervised.ts";
import { waitForTcp } from "./wait-for-tcp.ts";

/** The way onto the node: what goes into the product's settings, or into an ssh config. */
export interface SshAccess {
  readonly host: "127.0.0.1";
  readonly port: number;
  /** root. */
  readonly user: "root";
  /** May log in with the same key, is not root and has no sudo. */
  readonly plainUser: string;
  /** May log in with the same key and has `sudo -n`. */
  readonly sudoUser: string;
  readonly privateKeyPath: string;
  /** Holds the host key of exactly this server. */
  readonly knownHostsPath: string;
}

export interface Sshd extends SshAccess {
  readonly server: Supervised;
}

const plainUser = "bench-plain";
const sudoUser = "bench-sudo";

/**
 * Starts Debian's sshd on loopback, for one key and three users. Two of the users exist only in the server's own
 * mount namespace, where files of ours cover /etc/passwd and its like: nothing on the machine changes, and all ends
 * with the server. Mounts made outside still come through (propagation "slave"), so that a session sees the node.
 */
export async function startSshd(instance: Instance): Promise<Sshd> {
  const folder = join(instance.directory, "sshd");
  await mkdir(folder, { mode: 0o755 });
  // Privilege separation needs it; made by Debian's init script on machines where sshd runs anyway.
  await mkdir("/run/sshd", { recursive: true, mode: 0o755 });
  const hostKey = await makeKey(join(folder, "host-key"));
  const userKey = await makeKey(join(folder, "user-key"));
  const authorized = join(folder, "authorized-keys");
  await writeFile(authorized, `${userKey.publicKey}\n`, { mode: 0o644 });
  const [port = 0] = await freePorts(1);
  const knownHostsPath = join(folder, "known-hosts");
  await writeFile(knownHostsPath, `[127.0.0.1]:${port} ${hostKey.publicKey}\n`);
  const config = join(folder, "sshd_config");
  await writeFile(config, configuration(port, hostKey.path, authorized));
  const covers = await writeCovers(folder);
  const script = join(folder, "start.sh");
  await writeFile(script, startScript(covers, config));
  const server = startSupervised(instance, "sshd", "unshare", [
    "--mount",
    "--propagation",
    "slave",
    "sh",
    script,
  ]);
  await waitForTcp(port, server);
  return {
    host: "127.0.0.1",
    port,
    user: "root",
    plainUser,
    sudoUser,
    privateKeyPath: userKey.path,
    knownHostsPath,
    server,
  };
}

function configuration(port: number, hostKey: string, authorized: string): string {
  return `ListenAddress 127.0.0.1:${port}
HostKey ${hostKey}
AuthorizedKeysFile ${authorized}
PidFile none
UsePAM no
# The bench's folder is below /tmp, which anybody may write.
StrictModes no
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
AllowUsers ${userInfo().username} ${plainUser} ${sudoUser}
# bash reads ~/.bashrc when sshd starts it at level 1: what is there is none of a test's business.
SetEnv SHLVL=2
MaxSessions 64
MaxStartups 256
LogLevel VERBOSE
`;
}

/** Our versions of the files that say who a user is: the machine's, with two users more. */
async function writeCovers(folder: string): Promise<ReadonlyMap<string, string>> {
  const users = [
    { name: plainUser, id: 64_001 },
    { name: sudoUser, id: 64_002 },
  ];
  const added = {
    "/etc/passwd": users.map(({ name, id }) => `${name}:x:${id}:${id}::/:/bin/sh\n`),
    "/etc/group": users.map(({ name, id }) => `${name}:x:${id}:\n`),
    // "*" is no password, but no locked account either.
    "/etc/shadow": users.map(({ name }) => `${name}:*:19000:0:99999:7:::\n`),
    "/etc/sudoers": [`\n${sudoUser} ALL=(root) NOPASSWD: ALL\n`],
  };
  const covers = new Map<string, string>();
  for (const [path, lines] of Object.entries(added)) {
    const cover = join(folder, path.replaceAll("/", "-").slice(1));
    await writeFile(cover, (await readFile(path, "utf8")) + lines.join(""));
    await chmod(cover, path === "/etc/sudoers" ? 0o440 : path === "/etc/shadow" ? 0o600 : 0o644);
    covers.set(path, cover);
  }
  return covers;
}

function startScript(covers: ReadonlyMap<string, string>, config: string): string {
  const mounts = [...covers].map(([path, cover]) => `mount --bind '${cover}' ${path}\n`).join("");
  // sshd executes itself again for every connection, hence the absolute path.
  return `set -e\n${mounts}exec /usr/sbin/sshd -D -e -f '${config}'\n`;
}
