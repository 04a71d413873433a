import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Machine } from "../settings.ts";
import { BadLine } from "./config-line.ts";

/** Whom a login is for, as far as it is known when something is expanded. */
export interface Login {
  /** As asked for, in its own case. */
  readonly alias: string;
  /** After HostName. */
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly keyAlias: string | undefined;
  /** The last host of ProxyJump. */
  readonly jump: string | undefined;
}

export type Tokens = Readonly<Record<string, string>>;

/** The tokens that ssh_config(5) TOKENS gives to most keywords. */
export function tokensOf(login: Login, machine: Machine): Tokens {
  const { alias, host, user, jump = "" } = login;
  const port = String(login.port);
  return {
    h: host,
    n: alias,
    p: port,
    r: user,
    j: jump,
    k: login.keyAlias ?? alias,
    u: machine.user,
    d: machine.home,
    i: String(machine.uid),
    l: machine.hostname,
    L: machine.hostname.split(".")[0] ?? "",
    T: "NONE",
    C: createHash("sha1")
      .update(machine.hostname + host + port + user + jump)
      .digest("hex"),
  };
}

/**
 * Replaces %-tokens and, where `env` is given, ${VARIABLE}s. What they stand for is not looked through again.
 * @throws BadLine for a token that is unknown or a variable that is not set.
 */
export function expand(
  text: string,
  tokens: Tokens,
  env?: Readonly<Record<string, string | undefined>>,
): string {
  return text.replaceAll(
    /%(.?)|\$\{([^}]*)(\}?)/gs,
    (whole, token?: string, variable?: string, end?: string) => {
      if (variable !== undefined && env === undefined) return whole;
      const value =
        variable === undefined
          ? lookUp({ "%": "%", ...tokens }, token)
          : end === "}"
            ? env?.[variable]
            : undefined;
      if (value === undefined) throw new BadLine(`${whole} in ${JSON.stringify(text)} is not known`);
      return value;
    },
  );
}

function lookUp(tokens: Tokens, token: string | undefined): string | undefined {
  return token !== undefined && Object.hasOwn(tokens, token) ? tokens[token] : undefined;
}

/**
 * "~" and "~/..." as the user's home folder; the same with the user's own name.
 * @throws BadLine for the home of somebody else: it is not looked up.
 */
export function expandHome(path: string, machine: Pick<Machine, "home" | "user">): string {
  const [whole, name] = /^~([^/\\]*)[/\\]*/.exec(path) ?? [];
  if (whole === undefined) return path;
  if (name !== "" && name !== machine.user)
    throw new BadLine(`${path}: the home of another user is not looked up`);
  return join(machine.home, path.slice(whole.length));
}
