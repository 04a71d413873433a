import { execFileSync, spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";

/** What sudo and doas write to, and where temporary files go. */
export const writtenTo = ["/run/sudo", "/var/lib/sudo", "/var/log", "/tmp", "/var/tmp"];

/**
 * This machine with an /etc of its own (users, sudoers, doas.conf), and empty folders where programs write, seen only by
 * what is started through it: a mount namespace that ends with the process that holds it. Needs root on Linux.
 */
export class PrivateMachine {
  /** Holds its /etc and its users' home folders; seen at the same path from inside and outside. */
  readonly folder: string;
  readonly #holder: ChildProcess;

  private constructor(folder: string, holder: ChildProcess) {
    this.folder = folder;
    this.#holder = holder;
  }

  static async start(): Promise<PrivateMachine> {
    const folder = mkdtempSync("/run/private-machine-");
    chmodSync(folder, 0o755);
    execFileSync("cp", ["-a", "/etc", folder]);
    const mounts = [
      "mount --bind $0/etc /etc",
      ...writtenTo.map((target) => `mkdir -p ${target}; mount -t tmpfs none ${target}`),
      "chmod 700 /run/sudo /var/lib/sudo; chmod 1777 /tmp /var/tmp",
      "mkdir -p /var/lib/sudo/lectured /run/sudo/ts; chmod 700 /var/lib/sudo/lectured /run/sudo/ts",
      "echo up; exec sleep infinity",
    ].join(" && ");
    const holder = spawn("unshare", ["--mount", "--propagation", "private", "sh", "-c", mounts, folder], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    await once(holder.stdout, "data");
    return new PrivateMachine(folder, holder);
  }

  /** Program and arguments that run a command there as root. */
  through(...command: readonly string[]): [string, ...string[]] {
    return ["nsenter", "--target", String(this.#holder.pid), "--mount", "--", ...command];
  }

  /** The same as one of its users, without anything of our environment. */
  as(user: string, ...command: readonly string[]): [string, ...string[]] {
    const who = ["--reuid", user, "--regid", user, "--init-groups", "--reset-env"];
    return this.through("setpriv", ...who, "--", ...command);
  }

  run(...command: readonly string[]): string {
    const [file, ...args] = this.through(...command);
    return execFileSync(file, args, { encoding: "utf8" });
  }

  addUser(name: string, shell: string, password: string | undefined): void {
    this.run(
      "useradd",
      "--no-create-home",
      "--home-dir",
      path.join(this.folder, name),
      "--shell",
      shell,
      name,
    );
    mkdirSync(path.join(this.folder, name));
    this.run("chown", `${name}:${name}`, path.join(this.folder, name));
    if (password === undefined) return;
    const [file, ...args] = this.through("chpasswd");
    execFileSync(file, args, { input: `${name}:${password}\n` });
  }

  /** Writes a file below its /etc. */
  configure(file: string, text: string): void {
    writeFileSync(path.join(this.folder, "etc", file), text, { mode: 0o440 });
  }

  async stop(): Promise<void> {
    if (this.#holder.exitCode === null && this.#holder.signalCode === null) {
      const ended = once(this.#holder, "exit");
      this.#holder.kill("SIGKILL");
      await ended;
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
