import { parseAddress, type Address } from "./address.ts";

/** A machine that the user named, as `ssh [USER@]HOST` takes it; what is left out, the ssh config decides. */
export interface SshHost extends Address {
  /** As the user wrote it: its name here. */
  readonly name: string;
  readonly user: string | undefined;
}

const longestUser = 256;

/**
 * Parses "host", "host:port" and "user@host:port", where host is a name, an alias of the ssh config or an IP address
 * (IPv6 in brackets before a port); undefined for anything else.
 */
export function parseSshHost(text: string): SshHost | undefined {
  const name = text.trim();
  // The last @: some users' names are e-mail addresses.
  const at = name.lastIndexOf("@");
  const user = at === -1 ? undefined : name.slice(0, at);
  const address = parseAddress(name.slice(at + 1));
  if (address === undefined || (user !== undefined && !isUser(user))) return undefined;
  return { name, ...address, user };
}

/** The name of a user: never an option, and nothing that could break a line of a log or of a prompt. */
export function isUser(text: string): boolean {
  return text.length <= longestUser && /^[^-\s\p{C}][^\s\p{C}]*$/u.test(text);
}
