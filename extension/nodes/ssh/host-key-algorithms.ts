import { matchesPattern } from "./patterns.ts";

/** Every name that ssh_config(5) HostKeyAlgorithms may have (ssh -Q HostKeyAlgorithms), certificates included. */
export const keyAlgorithmNames: readonly string[] = [
  "ssh-ed25519",
  "ssh-ed25519-cert-v01@openssh.com",
  "sk-ssh-ed25519@openssh.com",
  "sk-ssh-ed25519-cert-v01@openssh.com",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp256-cert-v01@openssh.com",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp384-cert-v01@openssh.com",
  "ecdsa-sha2-nistp521",
  "ecdsa-sha2-nistp521-cert-v01@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
  "sk-ecdsa-sha2-nistp256-cert-v01@openssh.com",
  "webauthn-sk-ecdsa-sha2-nistp256@openssh.com",
  "ssh-dss",
  "ssh-dss-cert-v01@openssh.com",
  "ssh-rsa",
  "ssh-rsa-cert-v01@openssh.com",
  "rsa-sha2-256",
  "rsa-sha2-256-cert-v01@openssh.com",
  "rsa-sha2-512",
  "rsa-sha2-512-cert-v01@openssh.com",
];

/** Those that ssh2 can check and that we offer unasked, best first, as OpenSSH 9 orders them: no SHA-1, no DSA. */
const defaults = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256",
] as const;

/** A signature algorithm of a host key (RFC 4253 6.6, RFC 8332). SHA-1 only where the user's own config asks for it. */
export type HostKeyAlgorithm = (typeof defaults)[number] | "ssh-rsa";

/** In the order in which OpenSSH has them, which counts where a pattern stands for several. */
const supported: readonly HostKeyAlgorithm[] = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
  "rsa-sha2-256",
  "rsa-sha2-512",
];

/**
 * What HostKeyAlgorithms leaves of the algorithms that we know (kex.c kex_assemble_names): a list of its own, or with +
 * more, with - fewer, with ^ others first. Wildcards stand for all that match. Empty where only certificates and the
 * like are left.
 */
export function chooseAlgorithms(setting: string | undefined): readonly HostKeyAlgorithm[] {
  if (setting === undefined) return defaults;
  const patterns = setting.replace(/^[-+^]/, "").split(",");
  const named = patterns.flatMap((pattern) => supported.filter((name) => matchesPattern(pattern, name)));
  switch (setting[0]) {
    case "-":
      return defaults.filter((name) => !named.includes(name));
    case "+":
      return [...new Set([...defaults, ...named])];
    case "^":
      return [...new Set([...named, ...defaults])];
    default:
      return [...new Set(named)];
  }
}

/** The type of key behind an algorithm, as known_hosts names it. */
export function keyTypeOfAlgorithm(algorithm: HostKeyAlgorithm): string {
  return algorithm.startsWith("rsa-sha2-") ? "ssh-rsa" : algorithm;
}
