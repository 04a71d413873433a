import { mkdir, open } from "node:fs/promises";
import { dirname } from "node:path";
import type { Log } from "../../core/log.ts";
import { readTextFile } from "./config-files.ts";
import { sshError } from "./failures.ts";
import {
  checkHostKey,
  fingerprint,
  hostKeyAlgorithms,
  keyTypeOf,
  knownHostLine,
  maxKnownHostsBytes,
  otherNames,
  parseKnownHosts,
  type KnownHost,
} from "./known-hosts.ts";
import type { HostKeyAlgorithm } from "./host-key-algorithms.ts";
import type { Asking } from "../asking.ts";
import type { SshPrompts } from "../prompts.ts";
import type { SshTarget } from "./target.ts";
import { Shared } from "../waiting.ts";

/** Decides which host keys are trusted: by known_hosts, else by the user. */
export class HostKeys {
  readonly #prompts: SshPrompts;
  readonly #log: Log;
  /** Questions that are open now, by name and key: two connections to one unknown host ask once. */
  readonly #questions = new Map<string, Shared<boolean>>();
  /** Accepted where there is no file to write to, or where writing failed. */
  readonly #accepted = new Set<string>();
  readonly #warned = new Set<string>();

  constructor(prompts: SshPrompts, log: Log) {
    this.#prompts = prompts;
    this.#log = log;
  }

  /**
   * Host key algorithms for the key exchange, in order; at least one.
   * @throws SandboxError `ssh-unsupported` (facts: feature) when HostKeyAlgorithms has none that ssh2 knows;
   * `ssh-config-invalid` (facts: file) for a known_hosts file that is there and cannot be read.
   */
  async algorithms(target: SshTarget): Promise<HostKeyAlgorithm[]> {
    const { name, algorithms } = target.hostKey;
    if (algorithms.length === 0)
      throw sshError("ssh-unsupported", target, "HostKeyAlgorithms leaves no usable algorithm", {
        facts: { feature: "HostKeyAlgorithms" },
      });
    return hostKeyAlgorithms(await this.#entries(target), name, algorithms);
  }

  /**
   * Returns when `key` (as the wire has it) may be trusted for this target: known_hosts has it, or the user agrees, or
   * StrictHostKeyChecking is accept-new, no or off: then a new key is saved unasked, as ssh does. Unlike ssh, a changed
   * key is refused with `no` and `off` too.
   * @throws SandboxError `ssh-host-key-changed` and `-revoked` (facts: keyType, actual, file, line; expected when
   * changed), `ssh-host-key-unknown` (facts: keyType, actual) when the user declined or must not be asked; `ssh-config-invalid` as above.
   */
  async verify(target: SshTarget, key: Buffer, asking: Asking): Promise<void> {
    const keyType = keyTypeOf(key);
    const actual = fingerprint(key);
    if (keyType === undefined)
      throw sshError("ssh-unsupported", target, "the host key is malformed", {
        facts: { feature: "host key" },
      });
    const entries = await this.#entries(target);
    const status = checkHostKey(entries, target.hostKey, key, target.hostKey.algorithms);
    const facts = { keyType, actual };
    switch (status.kind) {
      case "known":
        return;
      case "revoked":
      case "changed": {
        const { file, line, key: known } = status.entry;
        const expected = fingerprint(known);
        const detail =
          status.kind === "revoked"
            ? `host key ${actual} is revoked in ${file}:${line}`
            : `host key is ${actual}, but ${file}:${line} has ${expected}`;
        throw sshError(`ssh-host-key-${status.kind}`, target, detail, {
          facts: { ...facts, expected, file, line: String(line) },
        });
      }
      case "unknown": {
        const id = `${target.hostKey.name} ${actual}`;
        if (this.#accepted.has(id)) return;
        if (entries.some((entry) => entry.marker === "cert-authority")) {
          this.#log.info(
            "known_hosts: @cert-authority lines are not supported, host keys are checked themselves",
          );
        }
        const { unknown } = target.hostKey;
        if (unknown === "refuse" || (unknown === "ask" && target.auth.batch)) {
          const why = unknown === "refuse" ? "StrictHostKeyChecking is yes" : "BatchMode is yes";
          throw sshError("ssh-host-key-unknown", target, `host key ${actual} is unknown and ${why}`, {
            facts,
          });
        }
        await asking.put(async (signal) => {
          if (await this.#ask(id, target, keyType, key, entries, signal)) return;
          throw sshError("ssh-host-key-unknown", target, `host key ${actual} was not accepted`, { facts });
        });
      }
    }
  }

  #ask(
    id: string,
    target: SshTarget,
    keyType: string,
    key: Buffer,
    entries: readonly KnownHost[],
    signal: AbortSignal,
  ): Promise<boolean> {
    const asked = this.#questions.get(id);
    if (asked !== undefined && !asked.abandoned) return asked.wait(signal);
    const question = new Shared(async (abandoned) => {
      try {
        const agreed =
          target.hostKey.unknown === "accept" ||
          (await this.#prompts.confirmHostKey(
            {
              host: target.host,
              port: target.port,
              keyType,
              fingerprint: fingerprint(key),
              knownAs: otherNames(entries, key),
              file: target.hostKey.userFiles[0],
            },
            abandoned,
          ));
        if (agreed && !abandoned.aborted) await this.#save(id, target, key);
        return agreed;
      } finally {
        if (this.#questions.get(id) === question) this.#questions.delete(id);
      }
    });
    this.#questions.set(id, question);
    return question.wait(signal);
  }

  async #save(id: string, target: SshTarget, key: Buffer): Promise<void> {
    const [file] = target.hostKey.userFiles;
    if (file !== undefined) {
      try {
        // Another window may have saved it while the question was open.
        const { algorithms } = target.hostKey;
        const status = checkHostKey(await this.#entries(target), target.hostKey, key, algorithms);
        if (status.kind === "known") return;
        await appendLine(file, knownHostLine(target.hostKey.name, key, target.hostKey.hashed));
        this.#log.info(
          `host key ${fingerprint(key)} of ${target.hostKey.name} was accepted and added to ${file}`,
        );
        return;
      } catch (error) {
        const detail = error instanceof Error ? error.message : String(error);
        this.#log.warn(
          `the host key of ${target.host} could not be saved and is kept for this session: ${detail}`,
        );
      }
    }
    this.#accepted.add(id);
  }

  async #entries(target: SshTarget): Promise<KnownHost[]> {
    const files = await Promise.all(
      [...target.hostKey.userFiles, ...target.hostKey.systemFiles].map(async (file) => {
        const text = await readTextFile(file, undefined, maxKnownHostsBytes).catch((error: unknown) => {
          // Not to be read as "nothing is known": a changed or revoked key would go unseen.
          const detail = error instanceof Error ? error.message : String(error);
          throw sshError("ssh-config-invalid", target, detail, { cause: error, facts: { file } });
        });
        if (text === undefined) return [];
        const { entries, broken } = parseKnownHosts(text, file);
        if (broken.length > 0) this.#warnOnce(`${file}: cannot read line ${broken.slice(0, 10).join(", ")}`);
        return entries;
      }),
    );
    return files.flat();
  }

  /** The files are read for every connection. */
  #warnOnce(message: string): void {
    if (!this.#warned.has(message)) this.#log.warn(message);
    this.#warned.add(message);
  }
}

/**
 * Adds a line to a file that other programs append to as well: one write in append mode, so that lines never mix.
 * Makes the file (0600) and its folder (0700) where missing.
 */
async function appendLine(path: string, line: string): Promise<void> {
  // Not its parents: ssh makes none either, and Node.js tries for ever to make some below /proc. Opening tells the rest.
  await mkdir(dirname(path), { mode: 0o700 }).catch(() => {});
  const file = await open(path, "a+", 0o600);
  try {
    const { size } = await file.stat();
    const last = Buffer.alloc(1);
    if (size > 0) await file.read(last, 0, 1, size - 1);
    // A last line without its newline would swallow ours.
    await file.appendFile(`${size > 0 && last.toString() !== "\n" ? "\n" : ""}${line}\n`);
  } finally {
    await file.close();
  }
}
