import type { LookupAddress } from "node:dns";
import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Log } from "../../core/log.ts";
import type { Asking } from "../asking.ts";
import { Authentication } from "./authentication.ts";
import { Countdown, type Clock } from "../clock.ts";
import { findCredentials } from "./credentials.ts";
import { BannerListener } from "./banner.ts";
import { fromSshError, timedOut, type Step } from "./failures.ts";
import type { HostKeys } from "./host-keys.ts";
import { fingerprint, keyTypeOf } from "./known-hosts.ts";
import type * as Library from "../library.ts";
import type { SshPrompts } from "../prompts.ts";
import type { Secrets } from "../secrets.ts";
import { Busy, type Opening } from "../session.ts";
import type { LoggedIn } from "./session.ts";
import type { SshTarget } from "./target.ts";
import type { AccessTrace } from "../transport.ts";
import { abortable, delay, onAbort, reasonOf } from "../waiting.ts";

/** What every connection needs, whatever its target. */
export interface SshContext {
  readonly library: typeof Library;
  readonly prompts: SshPrompts;
  readonly log: Log;
  readonly hostKeys: HostKeys;
  readonly secrets: Secrets;
}

/**
 * Runs one step with its own time limit; time that `clock` is paused does not count.
 * `work` gets a signal that aborts on the limit and with `signal`.
 */
export async function limited<T>(
  step: Step,
  target: SshTarget,
  limits: { readonly ms: number; readonly clock: Clock; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const elapsed = new AbortController();
  const countdown = new Countdown(limits.ms, () => elapsed.abort(timedOut(target, step, limits.ms)));
  const leave = limits.clock.join(countdown);
  const signal = AbortSignal.any([limits.signal, elapsed.signal]);
  try {
    return await abortable(work(signal), signal);
  } catch (error) {
    throw fromSshError(error, target, step);
  } finally {
    countdown.stop();
    leave();
  }
}

/** Between two attempts to connect (ssh_config(5), ConnectionAttempts), in milliseconds. */
const betweenAttemptsMs = 1_000;

/** Opens a TCP connection: the name is resolved first, then all its addresses are tried (RFC 8305). */
export async function openSocket(
  target: SshTarget,
  { clock, signal }: Pick<Opening, "clock" | "signal">,
): Promise<Socket> {
  const limits = { ms: target.connectTimeoutMs, clock, signal };
  for (let attempts = 1; ; attempts++) {
    try {
      const addresses = await limited("resolve", target, limits, () => addressesOf(target));
      return await limited("connect", target, limits, (stop) => connectToAny(target, addresses, stop));
    } catch (error) {
      if (attempts >= target.connectionAttempts || signal.aborted) throw error;
      await delay(betweenAttemptsMs, signal);
    }
  }
}

async function addressesOf({ host, addressFamily }: SshTarget): Promise<readonly LookupAddress[]> {
  const family = isIP(host);
  return family === 0 ? lookup(host, { all: true, family: addressFamily }) : [{ address: host, family }];
}

function connectToAny(
  target: SshTarget,
  addresses: readonly LookupAddress[],
  stop: AbortSignal,
): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connectTcp({
      host: target.host,
      port: target.port,
      noDelay: true,
      ...(target.localAddress !== undefined && { localAddress: target.localAddress }),
      lookup: (_host, options, callback) => {
        const [first] = addresses;
        if (options.all === true) callback(null, [...addresses]);
        else callback(null, first?.address ?? "", first?.family);
      },
    });
    const forget = onAbort(stop, () => socket.destroy());
    socket.on("error", reject);
    socket.once("connect", () => {
      forget();
      // Not taken off: an error that nobody hears would end the process.
      resolve(socket);
    });
  });
}

/**
 * Shakes hands, checks the host key and logs in over `stream`, which is destroyed when that fails.
 * @throws Busy, SandboxError.
 */
export async function logIn(
  target: SshTarget,
  stream: Duplex,
  context: SshContext,
  { asking, clock, signal, trace }: Opening,
): Promise<LoggedIn> {
  const { library, hostKeys } = context;
  const client = new library.Client();
  const failed = new AbortController();
  const all = AbortSignal.any([signal, failed.signal]);
  const limits = { ms: target.connectTimeoutMs, clock, signal: all };
  const banner = new BannerListener();
  let step: Step = "handshake";
  let authentication: Authentication | undefined;
  const fail = (error: unknown): void => failed.abort(fromSshError(error, target, step));
  // Errors go on coming after the first one, and an unheard one would end the process.
  client.on("error", (error: Error) => {
    // "agent" is a key that could not sign: the next one is tried.
    if (!("level" in error && error.level === "agent")) fail(error);
  });
  client.on("close", () => fail(new Error("the server closed the connection")));
  // Before ssh2 listens to it, and with the cause, as why a ProxyCommand ended.
  stream.on("error", fail);
  try {
    const credentialContext = { ...context, asking, signal: all };
    const credentials = await limited("authentication", target, limits, () =>
      findCredentials(target, credentialContext),
    );
    const chooser = new Authentication(target, credentials, credentialContext, fail);
    authentication = chooser;
    client.on("change password", () => fail(chooser.ended("the password has expired")));
    const algorithms = await hostKeys.algorithms(target);
    if (stream.destroyed) throw new Error("the server closed the connection");
    const shaken = new Promise<void>((resolve) => client.once("handshake", () => resolve()));
    const ready = new Promise<void>((resolve) => client.once("ready", resolve));
    client.connect({
      sock: stream,
      username: target.user,
      readyTimeout: 0,
      keepaliveInterval: target.keepaliveMs,
      keepaliveCountMax: target.keepaliveCount,
      algorithms: { serverHostKey: algorithms },
      hostVerifier: hostVerifier(target, hostKeys, asking, trace, fail),
      // The types say that `left` is always a list; before the first attempt it is null.
      authHandler: (left: readonly string[] | null, partial: boolean | null, proceed) =>
        chooser.next(left, partial === true, proceed),
    });
    banner.listen(stream);
    await limited("handshake", target, limits, () => shaken);
    step = "authentication";
    await limited("authentication", target, limits, () => ready);
    await chooser.accepted();
    trace("login", `${target.user}@${target.host}, by ${chooser.method}`);
    return { client, stream };
  } catch (error) {
    client.destroy();
    stream.destroy();
    const failure = fromSshError(all.aborted ? reasonOf(all) : error, target, step);
    // The line was lost while the user was asked: the answer counts for the next one.
    if (failure.reason === "ssh-connection-lost") {
      await asking.settled();
      // A ProxyCommand that says nothing may have ended for any reason, which it tells.
      if (!banner.heard && (banner.said !== "" || target.proxyCommand === undefined)) {
        throw new Busy(banner.missing(target, failure));
      }
    }
    // sshd cuts the line after MaxAuthTries.
    throw authentication !== undefined && /too many auth/i.test(failure.message)
      ? authentication.ended(
          "it allows no more attempts; name the key that it takes with IdentityFile in your SSH config, and set IdentitiesOnly yes",
        )
      : failure;
  } finally {
    banner.stop();
  }
}

type Verifier = (key: Buffer, verify: (accepted: boolean) => void) => void;

function hostVerifier(
  target: SshTarget,
  hostKeys: HostKeys,
  asking: Asking,
  trace: AccessTrace,
  fail: (error: unknown) => void,
): Verifier {
  let accepted: Buffer | undefined;
  return (key, verify) => {
    // Keys are exchanged anew from time to time: the same one need not be looked up again.
    if (accepted?.equals(key) === true) {
      verify(true);
      return;
    }
    const shown = Buffer.from(key);
    hostKeys.verify(target, shown, asking).then(
      () => {
        // Told once.
        if (accepted === undefined) {
          trace("host-key", `${keyTypeOf(shown) ?? "key"} ${fingerprint(shown)} of ${target.host}`);
        }
        accepted = shown;
        verify(true);
      },
      (error: unknown) => {
        fail(error);
        verify(false);
      },
    );
  };
}
