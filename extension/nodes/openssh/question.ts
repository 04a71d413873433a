import { oneLine } from "../../core/one-line.ts";

/** What ssh wants to know, as it says in the text that it gives to SSH_ASKPASS. All texts are untrusted. */
export type Question =
  | {
      readonly kind: "host-key";
      readonly host: string;
      readonly port: number;
      /** As ssh names it here: "ED25519". */
      readonly keyName: string;
      /** "SHA256:...". */
      readonly fingerprint: string;
      readonly knownAs: readonly string[];
    }
  | { readonly kind: "passphrase"; readonly keyFile: string }
  /** Of the user at the server. */
  | { readonly kind: "password"; readonly user: string; readonly host: string }
  /** What the server, a security key or a smart card asks for. Without a user it is not said who asks. */
  | {
      readonly kind: "secret";
      readonly prompt: string;
      readonly user: string | undefined;
      readonly host: string | undefined;
    }
  /** No question: the user is to do something, such as to touch the security key. */
  | { readonly kind: "notice"; readonly text: string }
  /** Something that may be agreed to, which we do not do for anybody. */
  | { readonly kind: "consent"; readonly text: string };

/** Longest prompt looked at, in characters: a server says what it wants. */
const maxPrompt = 16_384;

/**
 * Understands a prompt of OpenSSH 7 to 10 (sshconnect.c check_host_key; sshconnect2.c input_userauth_info_req,
 * userauth_passwd, load_identity_file, sign; readpass.c notify_start).
 * @param hint value of SSH_ASKPASS_PROMPT: "confirm", "none" or "" (ssh(1), OpenSSH 8.2 and later)
 */
export function parseQuestion(prompt: string, hint: string): Question {
  const text = prompt.slice(0, maxPrompt);
  const line = oneLine(text, 200);
  if (hint === "none") return { kind: "notice", text: line };
  const hostKey = parseHostKeyQuestion(text);
  if (hostKey !== undefined) return hostKey;
  if (hint === "confirm" || /\(yes\/no[^()]{0,40}\)\?? ?:? ?$|^Please type 'yes'/.test(text)) {
    return { kind: "consent", text: line };
  }
  const [, keyFile] = /^Enter passphrase for (?:RSA )?key '?([^\n]+?)'?: $/.exec(text) ?? [];
  if (keyFile !== undefined) return { kind: "passphrase", keyFile };
  const [, user, host] = /^([^\s()]+)@([^@\s()]+)'s password: $/.exec(text) ?? [];
  if (user !== undefined && host !== undefined) return { kind: "password", user, host };
  const [, asker, server, asked = text] = /^\(([^\s()]+)@([^@\s()]+)\) ([^]*)$/.exec(text) ?? [];
  return { kind: "secret", prompt: oneLine(asked, 200), user: asker, host: server };
}

function parseHostKeyQuestion(text: string): Question | undefined {
  const [, name, , keyName, fingerprint] =
    /^The authenticity of host '([^'\s]+)(?: \(([^'\n]*)\))?' can't be established[^]*?^([\w-]+) key fingerprint is:? ([A-Z0-9]+:[\w+/=:]+)/m.exec(
      text,
    ) ?? [];
  if (name === undefined || keyName === undefined || fingerprint === undefined) return undefined;
  const [, bracketed, port] = /^\[(.*)\]:(\d{1,5})$/.exec(name) ?? [];
  return {
    kind: "host-key",
    host: bracketed ?? name,
    port: port === undefined ? 22 : Number(port),
    keyName,
    fingerprint,
    // "    ~/.ssh/known_hosts:3: name", after a line that says so.
    knownAs: Array.from(text.matchAll(/^ {4}[^\n]*?:\d+: ([^\n]+)$/gm), ([, other = ""]) =>
      other === "[hashed name]" ? "(hashed)" : oneLine(other, 200),
    ),
  };
}
