import type { ErrorReason } from "../../core/errors.ts";
import { oneLine } from "../../core/one-line.ts";

/** Why ssh ended, as far as it said. */
export interface Diagnosis {
  readonly reason: ErrorReason;
  /** The line that says so. Untrusted. */
  readonly detail: string;
  /** The server takes nobody just now; it may a moment later. */
  readonly busy: boolean;
  /** Those facts of the sentences that could be read: file, line, actual, methods, tried, feature, host, port, user. */
  readonly facts: Readonly<Record<string, string>>;
}

type Facts = Readonly<Record<string, string | undefined>>;

interface Rule {
  readonly pattern: RegExp;
  readonly reason: ErrorReason;
  readonly facts?: (groups: Facts) => Facts;
  readonly busy?: boolean;
}

/** What matters of one run: no run that fails says more, except by a user's own programs. */
const maxText = 64 * 1024;
const maxLine = 2_000;

const named = (groups: Facts): Facts => groups;
const feature = (groups: Facts): Facts => ({ feature: groups["said"] });

/**
 * First match wins, whichever line it is in: what went wrong first makes ssh complain of more. The texts are those of
 * OpenSSH 7 to 10: misc.c, sshconnect.c, sshconnect2.c, readconf.c, packet.c, kex.c, dispatch.c, readpass.c.
 */
const rules: readonly Rule[] = [
  {
    pattern: /^(?<file>.+?):? line (?<line>\d+): (?<said>.*)$/,
    reason: "ssh-config-invalid",
    facts: ({ file, line, said }) => ({ file, line, detail: said }),
  },
  { pattern: /^Can't open user config file (?<file>.+): .*$/, reason: "ssh-config-invalid", facts: named },
  { pattern: /^Bad owner or permissions on (?<file>.+)$/, reason: "ssh-config-invalid", facts: named },
  {
    pattern: /^hostname contains invalid characters|^Bad .* specification|^jumphost loop via .*/,
    reason: "ssh-config-invalid",
  },
  { pattern: /^ssh_askpass: exec.*|^unix_listener: .*|^ControlPath .*too long.*/, reason: "ssh-program" },
  { pattern: /^(?:unknown|illegal|invalid) option -- .*|^usage: ssh .*/, reason: "ssh-program" },
  {
    pattern: /^ssh: Could not resolve hostname (?<host>\S+): .*/,
    reason: "ssh-unresolved",
    facts: named,
  },
  {
    pattern: /^ssh: connect to host (?<host>\S+) port (?<port>\d+): Connection refused/,
    reason: "ssh-refused",
    facts: named,
  },
  {
    pattern: /^ssh: connect to host (?<host>\S+) port (?<port>\d+): (?:Connection|Operation) timed out/,
    reason: "ssh-timeout",
    facts: named,
  },
  {
    pattern: /^ssh: connect to host (?<host>\S+) port (?<port>\d+): .*/,
    reason: "ssh-unreachable",
    facts: named,
  },
  {
    pattern: /^Connection timed out during banner exchange|^Connection to .* timed out/,
    reason: "ssh-timeout",
  },
  { pattern: /^channel \d+: open failed: .*|^stdio forwarding failed/, reason: "ssh-unreachable" },
  {
    pattern: /REVOKED HOST KEY DETECTED|is marked as revoked|^Host key .* revoked by file .*/,
    reason: "ssh-host-key-revoked",
  },
  {
    pattern: /^Host key for (?<name>\S+) has changed and you have requested strict checking/,
    reason: "ssh-host-key-changed",
  },
  {
    pattern: /^No .* host key is known for .*|^Host key verification failed\./,
    reason: "ssh-host-key-unknown",
  },
  {
    pattern: /^(?<user>[^@\s]+)@(?<host>\S+): Permission denied \((?<methods>[^)]*)\)/,
    reason: "ssh-auth-failed",
    facts: ({ methods, ...who }) => ({ ...who, methods: methods?.replaceAll(",", ", ") }),
  },
  { pattern: /Too many authentication failures|^Permission denied.*/, reason: "ssh-auth-failed" },
  {
    pattern: /^Unable to negotiate with .*: (?<said>no matching .*)/,
    reason: "ssh-unsupported",
    facts: feature,
  },
  {
    pattern: /(?<said>Protocol major versions differ.*|invalid format|Bad protocol version.*)/,
    reason: "ssh-unsupported",
    facts: feature,
  },
  {
    pattern:
      /^(?:kex_exchange_identification|ssh_exchange_identification|banner exchange): .*(?:closed|reset).*/i,
    reason: "ssh-connection-lost",
    busy: true,
  },
  {
    pattern:
      /^Timeout, server .* not responding|^Connection (?:closed|reset) by .*|^Connection to .* closed.*|Broken pipe|^(?:Received disconnect|Disconnected) from .*/,
    reason: "ssh-connection-lost",
  },
];

/** Reads why an ssh that ended with 255 did so, from its stderr at LogLevel DEBUG1 or below. Never throws. */
export function diagnose(stderr: string): Diagnosis {
  const lines = stderr
    .slice(-maxText)
    .split(/\r?\n/)
    .filter((line) => line !== "")
    .map((line) => line.slice(0, maxLine));
  const spoken = lines.filter((line) => line.trim() !== "" && !/^debug\d: |^OpenSSH_/.test(line));
  const known = notes(lines);
  for (const { pattern, reason, facts, busy = false } of rules) {
    for (const line of spoken) {
      const match = pattern.exec(line);
      if (match === null) continue;
      // The line's other end is so called where it is a program (packet.c, ssh_remote_ipaddr).
      const isProgram = busy && spoken.some((other) => other.includes("UNKNOWN port 65535"));
      const detail = isProgram ? `the ProxyCommand gave up: ${spoken[0] ?? line}` : line;
      return {
        reason,
        detail: oneLine(detail, 300),
        busy: busy && !isProgram,
        facts: tidy({ ...known, ...facts?.(match.groups ?? {}) }),
      };
    }
  }
  const said = spoken.findLast((line) => !/^Warning: |^\*\* /.test(line)) ?? "it ended without saying why";
  return { reason: "ssh-program", detail: oneLine(said, 300), busy: false, facts: tidy(known) };
}

/** What several errors have in common: the key that the server has, where the known one is, what was tried. */
function notes(lines: readonly string[]): Facts {
  const facts: Record<string, string | undefined> = {};
  const tried = new Set<string>();
  for (const line of lines) {
    const [, actual] = /^debug1: Server host key: \S+ (\S+)/.exec(line) ?? [];
    if (actual !== undefined) facts["actual"] = actual;
    const [, file, at] = /^(?:Offending|debug1: Found) .*key in (.+):(\d+)$/i.exec(line) ?? [];
    if (file !== undefined) Object.assign(facts, { file, line: at });
    const [, key] = /^debug1: Offering (?:RSA )?public key: (\S+)/.exec(line) ?? [];
    if (key !== undefined) tried.add(`key ${key}`);
    const [, method] = /^debug1: Next authentication method: (\S+)/.exec(line) ?? [];
    if (method !== undefined && method !== "publickey") tried.add(method);
  }
  return { ...facts, tried: tried.size === 0 ? undefined : [...tried].join(", ") };
}

function tidy(facts: Facts): Record<string, string> {
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, oneLine(value, 300)]],
    ),
  );
}
