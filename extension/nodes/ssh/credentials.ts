import { SandboxError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Asking } from "../asking.ts";
import { readTextFile } from "./config-files.ts";
import { sshError } from "./failures.ts";
import { inspectKeyFile, parsePublicKey } from "./key-file.ts";
import { fingerprint } from "./known-hosts.ts";
import type * as Library from "../library.ts";
import type { ParsedKey } from "../library.ts";
import type { SshPrompts } from "../prompts.ts";
import { secretKeys, type Secrets } from "../secrets.ts";
import type { IdentityFile, SshTarget } from "./target.ts";
import { abortable, onAbort, throwIfAborted } from "../waiting.ts";

/** A key that can be offered to a server. */
export interface Credential {
  /** For logs and messages: "agent key SHA256:..." or "key FILE". */
  readonly label: string;
  /** undefined for an old-style encrypted key without .pub file: only its passphrase reveals it. */
  readonly publicKey: ParsedKey | undefined;
  /** The private key, or the agent's signature; asks for a passphrase when first needed. */
  sign(data: Buffer, hash: SignatureHash): Promise<Buffer>;
  /** Opens the key to learn its public part. Rejects where the passphrase stays wrong. */
  open(): Promise<ParsedKey>;
}

export type SignatureHash = Library.SigningRequestOptions["hash"];

export interface Credentials {
  readonly usable: readonly Credential[];
  /** Configured keys that cannot be used: "FILE: why". */
  readonly skipped: readonly { readonly file: string; readonly why: string }[];
  /** Why there are no keys of the agent, where there is one. */
  readonly agentProblem: string | undefined;
}

/** Where credentials come from and whom they may ask. */
export interface CredentialContext {
  readonly library: typeof Library;
  readonly prompts: SshPrompts;
  readonly secrets: Secrets;
  readonly log: Log;
  readonly asking: Asking;
  /** Aborts when the login has failed or is given up. */
  readonly signal: AbortSignal;
}

const passphraseAttempts = 3;

/** How long an agent may take to name its keys, in milliseconds; the login goes on without it. */
const agentMs = 4_000;

/**
 * The keys to offer, in OpenSSH's order (sshconnect2.c, pubkey_prepare): agent keys that are configured, other agent
 * keys, then key files that the agent does not hold.
 * @throws SandboxError `ssh-key-unreadable` (facts: file, detail) when the key of the settings cannot be used.
 */
export async function findCredentials(target: SshTarget, context: CredentialContext): Promise<Credentials> {
  const { identityFiles, identitiesOnly, agent, batch } = target.auth;
  const { keys: agentKeys, problem: agentProblem } =
    agent === undefined
      ? { keys: [], problem: undefined }
      : await agentCredentials(agent, Math.min(agentMs, target.connectTimeoutMs / 2), context);
  const files = await Promise.all(identityFiles.map((file) => loadIdentity(file, context, batch)));
  const skipped: { file: string; why: string }[] = [];
  const fileKeys: Credential[] = [];
  const configured: Credential[] = [];
  for (const [index, loaded] of files.entries()) {
    const file = identityFiles[index];
    if (loaded === undefined || file === undefined) continue;
    if ("why" in loaded) {
      if (file.required) {
        throw sshError("ssh-key-unreadable", target, `${file.path}: ${loaded.why}`, {
          facts: { file: file.path, detail: loaded.why },
        });
      }
      context.log.warn(`${file.path} is skipped: ${loaded.why}`);
      skipped.push({ file: file.path, why: loaded.why });
      continue;
    }
    const { publicKey } = loaded;
    const held = publicKey && agentKeys.find((key) => sameKey(key.publicKey, publicKey));
    if (held !== undefined) configured.push(held);
    else if (loaded.credential !== undefined) fileKeys.push(loaded.credential);
    else
      skipped.push({
        file: file.path,
        why: "it is a public key and the agent does not hold the private one",
      });
  }
  const others = identitiesOnly ? [] : agentKeys.filter((key) => !configured.includes(key));
  return { usable: [...configured, ...others, ...fileKeys], skipped, agentProblem };
}

function sameKey(one: ParsedKey | undefined, other: ParsedKey): boolean {
  return one !== undefined && one.getPublicSSH().equals(other.getPublicSSH());
}

interface AgentKeys {
  readonly keys: readonly Credential[];
  readonly problem: string | undefined;
}

async function agentCredentials(
  socket: string,
  patienceMs: number,
  context: CredentialContext,
): Promise<AgentKeys> {
  const patience = AbortSignal.any([context.signal, AbortSignal.timeout(patienceMs)]);
  let found: readonly ParsedKey[];
  try {
    found = await abortable(
      new Promise<readonly ParsedKey[]>((resolve, reject) => {
        openAgent(socket, context.library, patience).getIdentities((error, keys) => {
          if (error) reject(error);
          else resolve((keys ?? []).flatMap((key) => ("getPublicSSH" in key ? [key] : [])));
        });
      }),
      patience,
    );
  } catch (error) {
    throwIfAborted(context.signal);
    const why = !patience.aborted && error instanceof Error ? `: ${error.message}` : "";
    const problem = `the ssh agent at ${socket} does not answer${why}`;
    context.log.info(problem);
    return { keys: [], problem };
  }
  const agent = openAgent(socket, context.library, context.signal);
  const keys = found.map((publicKey): Credential => ({
    label: `agent key ${fingerprint(publicKey.getPublicSSH())}`,
    publicKey,
    open: () => Promise.resolve(publicKey),
    sign: (data, hash) =>
      new Promise((resolve, reject) => {
        agent.sign(publicKey, data, hash === undefined ? {} : { hash }, (error, signature) => {
          if (signature === undefined) reject(error ?? new Error("the agent did not sign"));
          else resolve(signature);
        });
      }),
  }));
  return { keys, problem: undefined };
}

/** ssh2 lets go of an agent only when that answers: this one at the latest when `signal` aborts. */
function openAgent(
  socket: string,
  library: typeof Library,
  signal: AbortSignal,
): InstanceType<typeof Library.OpenSSHAgent> {
  class LimitedAgent extends library.OpenSSHAgent {
    override getStream(callback: Library.GetStreamCallback): void {
      super.getStream((error, stream) => {
        if (stream !== undefined)
          stream.once(
            "close",
            onAbort(signal, () => stream.destroy()),
          );
        callback(error, stream);
      });
    }
  }
  return new LimitedAgent(socket);
}

type LoadedIdentity =
  | { readonly credential: Credential | undefined; readonly publicKey: ParsedKey | undefined }
  | { readonly why: string };

/** undefined = there is no such file, which is normal for the default ones. */
async function loadIdentity(
  file: IdentityFile,
  context: CredentialContext,
  batch: boolean,
): Promise<LoadedIdentity | undefined> {
  let text: string | undefined;
  let beside: string | undefined;
  try {
    text = await readTextFile(file.path);
    beside = await readTextFile(`${file.path}.pub`);
  } catch (error) {
    return { why: error instanceof Error ? error.message : String(error) };
  }
  const parse = (key: Buffer | undefined): ParsedKey | undefined => {
    const parsed = key === undefined ? undefined : context.library.utils.parseKey(key);
    return parsed === undefined || parsed instanceof Error ? undefined : parsed;
  };
  if (text === undefined) {
    const publicKey = beside === undefined ? undefined : parse(parsePublicKey(beside));
    if (publicKey !== undefined) return { credential: undefined, publicKey };
    return file.required ? { why: "there is no such file" } : undefined;
  }
  const onlyPublic = parse(parsePublicKey(text));
  if (onlyPublic !== undefined) return { credential: undefined, publicKey: onlyPublic };
  const inspected = inspectKeyFile(text);
  if (inspected.kind === "unusable") return { why: inspected.why };
  if (!inspected.encrypted) {
    const key = privateKey(context.library.utils.parseKey(text));
    return key instanceof Error
      ? { why: key.message }
      : { credential: fileCredential(file.path, key, () => Promise.resolve(key)), publicKey: key };
  }
  const publicKey = parse(inspected.publicKey ?? (beside === undefined ? undefined : parsePublicKey(beside)));
  const unlock = unlocker(file.path, text, context, batch);
  return { credential: fileCredential(file.path, publicKey, unlock), publicKey };
}

function fileCredential(
  path: string,
  publicKey: ParsedKey | undefined,
  open: () => Promise<ParsedKey>,
): Credential {
  return {
    label: `key ${path}`,
    publicKey,
    open,
    sign: async (data, hash) => (await open()).sign(data, hash),
  };
}

/** Asks for the passphrase of a key when first called, at most three times. */
function unlocker(
  path: string,
  text: string,
  context: CredentialContext,
  batch: boolean,
): () => Promise<ParsedKey> {
  const { library, secrets, asking, prompts, log } = context;
  const decrypt = (passphrase: string): ParsedKey | Error =>
    privateKey(library.utils.parseKey(text, passphrase));
  const secretKey = secretKeys.passphrase(path);
  let opened: Promise<ParsedKey> | undefined;

  async function unlock(stop: AbortSignal): Promise<ParsedKey | Error> {
    const remembered = await secrets.read(secretKey);
    if (remembered !== undefined) {
      const known = decrypt(remembered);
      if (!(known instanceof Error)) return known;
      await secrets.refused(secretKey, remembered);
    }
    for (let attempt = 1; attempt <= passphraseAttempts; attempt++) {
      const answer = await prompts.passphrase({ keyFile: path, attempt }, stop);
      if (answer === undefined) {
        const gaveUp = new SandboxError("cancelled", `no passphrase was given for ${path}`);
        // Logins of other nodes may wait for the same one.
        if (!stop.aborted) secrets.giveUp(secretKey, gaveUp);
        throw gaveUp;
      }
      const key = decrypt(answer.secret);
      if (!(key instanceof Error)) {
        secrets.typed(secretKey, answer);
        await secrets.proved(secretKey);
        return key;
      }
      // Where ssh2 does not know the cipher, no passphrase helps.
      if (/unsupported/i.test(key.message)) return key;
      log.info(`${path}: wrong passphrase (${attempt} of ${passphraseAttempts})`);
    }
    return new Error(`wrong passphrase for ${path}`);
  }

  async function ask(): Promise<ParsedKey> {
    if (batch) throw new Error("it needs a passphrase, and BatchMode lets nobody be asked");
    const key = await asking.put(async (stop) => {
      // Several nodes may want the same key at once: one question serves them all.
      const done = await secrets.takeTurn(secretKey, stop);
      try {
        return await unlock(stop);
      } finally {
        done();
      }
    });
    if (key instanceof Error) throw key;
    return key;
  }

  return () => (opened ??= ask());
}

function privateKey(parsed: ParsedKey | ParsedKey[] | Error): ParsedKey | Error {
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  if (key === undefined) return new Error("it holds no key");
  if (key instanceof Error) return key;
  return key.isPrivateKey() ? key : new Error("it holds no private key");
}
