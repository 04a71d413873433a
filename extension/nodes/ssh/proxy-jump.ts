import { BadLine } from "./config-line.ts";

/** One hop of ProxyJump; what is left out, the configuration of that host decides. */
export interface Hop {
  readonly user: string | undefined;
  readonly host: string;
  readonly port: number | undefined;
}

/**
 * Parses ProxyJump, as `ssh -J` takes it: hops with commas, each [user@]host[:port] or ssh://[user@]host[:port], IPv6
 * addresses in brackets; undefined for `none`. A comment may follow (readconf.c parse_jump).
 * @throws BadLine.
 */
export function parseProxyJump(text: string): readonly Hop[] | undefined {
  // Behind `none` there may be no comment: to ssh it is a host then.
  if (text.toLowerCase() === "none") return undefined;
  return text
    .replace(/#[^]*$/, "")
    .trimEnd()
    .split(",")
    .map(parseHop);
}

function parseHop(text: string): Hop {
  const uri = text.startsWith("ssh://");
  const place = uri ? text.slice(6) : text;
  const at = uri ? place.indexOf("@") : place.lastIndexOf("@");
  const written = at === -1 ? undefined : place.slice(0, at);
  // Connection parameters may follow a user in a URI; nobody has defined any.
  const user = uri ? decode(written?.replace(/;[^]*$/, "")) : written;
  const address = /^(?:\[([^\]]*)\]|([^:/]*))(?::(\d*))?$/.exec(
    uri ? place.slice(at + 1).replace(/\/$/, "") : place.slice(at + 1),
  );
  const [, bracketed, plain = "", digits = ""] = address ?? [];
  const host = bracketed ?? plain;
  const port = digits === "" ? undefined : Number(digits);
  if (host === "" || user === "" || port === 0 || (port !== undefined && port > 65_535))
    throw new BadLine(`${JSON.stringify(text)} is no [user@]host[:port]`);
  return { user, host, port };
}

function decode(text: string | undefined): string | undefined {
  try {
    return text === undefined ? undefined : decodeURIComponent(text);
  } catch {
    throw new BadLine(`${JSON.stringify(text)} is no user of a URI`);
  }
}
