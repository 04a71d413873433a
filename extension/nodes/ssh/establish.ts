import { lookup } from "node:dns/promises";
import { connect as connectTcp, isIP, type Socket } from "node:net";
import type { Duplex } from "node:stream";
import type { Log } from "../../core/log.ts";
import type { Asking } from "../asking.ts";
import { Authentication } from "./authentication.ts";
import { Countdown, type Clock } from "../clock.ts";
import { findCredentials } from "./credentials.ts";
import { fromSshError, timedOut, type Step } from "./failures.ts";
import type { HostKeys } from "./host-keys.ts";
import type * as Library from "../library.ts";
import type { SshClient } from "../library.ts";
import type { SshPrompts } from "../prompts.ts";
import type { Secrets } from "../secrets.ts";
import type { SshSettings } from "../settings.ts";
import type { SshTarget } from "./target.ts";
import { abortable, onAbort, reasonOf } from "../waiting.ts";

/** What every connection needs, whatever its target. */
export interface SshContext {
  readonly library: typeof Library;
  readonly settings: SshSettings;
  readonly prompts: SshPrompts;
  readonly log: Log;
  readonly hostKeys: HostKeys;
  readonly secrets: Secrets;
}

/** A client that is logged in, and the stream below it. */
export interface LoggedIn {
  readonly client: SshClient;
  readonly stream: Duplex;
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

/** Opens a TCP connection: the name is resolved first, then all its addresses are tried (RFC 8305). */
export async function openSocket(
  target: SshTarget,
  ms: number,
  clock: Clock,
  signal: AbortSignal,
): Promise<Socket> {
  const limits = { ms, clock, signal };
  const addresses =
    isIP(target.host) === 0
      ? await limited("resolve", target, limits, () => lookup(target.host, { all: true }))
      : [{ address: target.host, family: isIP(target.host) }];
  return limited(
    "connect",
    target,
    limits,
    (stop) =>
      new Promise((resolve, reject) => {
        const socket = connectTcp({
          host: target.host,
          port: target.port,
          noDelay: true,
          lookup: (_host, options, callback) => {
            const [first] = addresses;
            if (options.all === true) callback(null, addresses);
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
      }),
  );
}

/** Shakes hands, checks the host key and logs in over `stream`, which is destroyed when that fails. */
export async function logIn(
  target: SshTarget,
  stream: Duplex,
  context: SshContext,
  asking: Asking,
  clock: Clock,
  signal: AbortSignal,
): Promise<LoggedIn> {
  const { library, settings, hostKeys } = context;
  const client = new library.Client();
  const failed = new AbortController();
  const all = AbortSignal.any([signal, failed.signal]);
  const limits = { ms: settings.connectTimeoutMs, clock, signal: all };
  let step: Step = "handshake";
  let authentication: Authentication | undefined;
  const fail = (error: unknown): void => failed.abort(fromSshError(error, target, step));
  // Errors go on coming after the first one, and an unheard one would end the process.
  client.on("error", (error: Error) => {
    // "agent" is a key that could not sign: the next one is tried.
    if (!("level" in error && error.level === "agent")) fail(error);
  });
  client.on("close", () => fail(new Error("the server closed the connection")));
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
      keepaliveInterval: settings.keepaliveMs,
      algorithms: { serverHostKey: algorithms },
      hostVerifier: hostVerifier(target, hostKeys, asking, fail),
      // The types say that `left` is always a list; before the first attempt it is null.
      authHandler: (left: readonly string[] | null, _partial, proceed) => chooser.next(left, proceed),
    });
    await limited("handshake", target, limits, () => shaken);
    step = "authentication";
    await limited("authentication", target, limits, () => ready);
    return { client, stream };
  } catch (error) {
    client.destroy();
    stream.destroy();
    const failure = fromSshError(all.aborted ? reasonOf(all) : error, target, step);
    // The line was lost while the user was asked: the answer counts for the next one.
    if (failure.reason === "ssh-connection-lost") await asking.settled();
    // sshd cuts the line after MaxAuthTries.
    throw authentication !== undefined && /too many auth/i.test(failure.message)
      ? authentication.ended("too many attempts")
      : failure;
  }
}

type Verifier = (key: Buffer, verify: (accepted: boolean) => void) => void;

function hostVerifier(
  target: SshTarget,
  hostKeys: HostKeys,
  asking: Asking,
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
