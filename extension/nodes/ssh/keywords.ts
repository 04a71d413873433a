import { BadLine, type ConfigLine } from "./config-line.ts";
import { matchesList } from "./patterns.ts";
import { parseProxyJump } from "./proxy-jump.ts";
import { keyAlgorithmNames } from "./host-key-algorithms.ts";

/**
 * What a line gives for its keyword: the words to keep, or undefined where it sets nothing (a time of `none`).
 * Choices come in lower case, flags as "yes" and "no", times in seconds.
 * @throws BadLine where ssh would refuse it.
 */
type Reader = (line: ConfigLine) => readonly string[] | undefined;

interface Keyword {
  /** The name under which its value is kept: some have older names. */
  readonly name: string;
  readonly read: Reader;
  /** Values of several lines add up, without repetitions. */
  readonly adds?: boolean;
}

/** Exactly one word that is not empty. */
function only({ keyword, words }: ConfigLine): string {
  const [word = "", ...more] = words;
  if (word === "") throw new BadLine(`${keyword} has no value`);
  if (more.length > 0) throw new BadLine(`${keyword} takes one value, there are ${words.length}`);
  return word;
}

const text: Reader = (line) => [only(line)];

function choice(...choices: readonly string[]): Reader {
  return (line) => {
    const word = only(line).toLowerCase();
    if (!choices.includes(word)) throw new BadLine(`${line.keyword} cannot be ${JSON.stringify(word)}`);
    return [word];
  };
}

/** Yes, no, or one of these. */
function flagOr(...choices: readonly string[]): Reader {
  const read = choice("yes", "no", "true", "false", ...choices);
  return (line) => read(line)?.map((word) => (word === "true" ? "yes" : word === "false" ? "no" : word));
}

const flag = flagOr();

const largestInt = 2_147_483_647;

const integer: Reader = (line) => {
  const word = only(line);
  const value = /^[ \t]*\+?\d+$/.test(word) ? Number(word) : -1;
  if (value < 0 || value > largestInt) throw new BadLine(`${line.keyword} is no number: ${word}`);
  return [String(value)];
};

const secondsIn: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/** "90", "1h30m": sshd_config(5), TIME FORMATS. */
const time: Reader = (line) => {
  const word = only(line);
  if (word === "none") return undefined;
  let total = 0;
  for (const [, digits, unit = ""] of word.matchAll(/(\d+)([smhdw]?)/gi)) {
    total += Number(digits) * (secondsIn[unit.toLowerCase()] ?? 1);
  }
  if (!/^(?:\d+[smhdw])*\d+[smhdw]?$/i.test(word) || total > largestInt)
    throw new BadLine(`${line.keyword} is no time: ${word}`);
  return [String(total)];
};

const port: Reader = (line) => {
  const value = Number(integer(line)?.[0]);
  if (value === 0 || value > 65_535) throw new BadLine(`${value} is no port`);
  return [String(value)];
};

/** Several words; `none` only alone. */
function list(most: number): Reader {
  return ({ keyword, words }) => {
    if (words.includes("")) throw new BadLine(`${keyword} has an empty value`);
    if (words.length > 1 && words.some((word) => word.toLowerCase() === "none"))
      throw new BadLine(`none must be the only value of ${keyword}`);
    if (words.length > most) throw new BadLine(`${keyword} has more than ${most} values`);
    return words.length === 0 ? undefined : words;
  };
}

/** The rest of the line as it stands: quotes belong to the shell. A further `=` in front is dropped, as ssh does. */
const command: Reader = ({ rest }) => [rest.replace(/^[ \t\r=]+/, "")];

const jump: Reader = (line) => {
  const [value = ""] = command(line) ?? [];
  parseProxyJump(value);
  return [value];
};

/** Names or patterns with commas, perhaps behind one of + - ^. */
const algorithms: Reader = (line) => {
  const word = only(line);
  if (word.startsWith("-")) return [word];
  for (const name of word.replace(/^[+^]/, "").split(",")) {
    const known = keyAlgorithmNames.some((one) => matchesList([name.replace(/^!/, "")], one));
    // Later versions of OpenSSH bring more of its own; to us they are as good as not there.
    if (!known && !/[^@]@openssh\.com$/.test(name))
      throw new BadLine(`${line.keyword} has an unknown algorithm: ${name}`);
  }
  return [word];
};

/** A path, `none`, SSH_AUTH_SOCK or the older $NAME of a variable. */
const agent: Reader = (line) => {
  const word = only(line);
  if (/^\$(?!\{)/.test(word) && !/^\$[A-Za-z0-9_]+$/.test(word))
    throw new BadLine(`${line.keyword} names no variable: ${word}`);
  return [word];
};

/** Nothing that matters for getting onto a node: not looked at, though ssh may refuse what it says. */
const ignored: Reader = () => undefined;

const readers: Readonly<Record<string, Reader>> = {
  addressfamily: choice("any", "inet", "inet6"),
  batchmode: flag,
  bindaddress: text,
  bindinterface: text,
  canonicaldomains: list(1000),
  canonicalizefallbacklocal: flag,
  canonicalizehostname: flagOr("always"),
  canonicalizemaxdots: integer,
  canonicalizepermittedcnames: list(1000),
  certificatefile: text,
  checkhostip: flag,
  connectionattempts: integer,
  connecttimeout: time,
  globalknownhostsfile: list(32),
  gssapiauthentication: flag,
  hashknownhosts: flag,
  hostbasedauthentication: flag,
  hostkeyalgorithms: algorithms,
  hostkeyalias: text,
  hostname: text,
  identitiesonly: flag,
  identityagent: agent,
  identityfile: text,
  ignoreunknown: text,
  kbdinteractiveauthentication: flag,
  knownhostscommand: command,
  numberofpasswordprompts: integer,
  passwordauthentication: flag,
  pkcs11provider: text,
  port,
  preferredauthentications: text,
  proxycommand: command,
  proxyjump: jump,
  proxyusefdpass: flag,
  pubkeyacceptedalgorithms: algorithms,
  pubkeyauthentication: flagOr("unbound", "host-bound"),
  revokedhostkeys: text,
  securitykeyprovider: text,
  serveralivecountmax: integer,
  serveraliveinterval: time,
  stricthostkeychecking: flagOr("ask", "off", "accept-new"),
  tag: text,
  user: text,
  userknownhostsfile: list(32),
  verifyhostkeydns: flagOr("ask"),
  // Of no use to us, but ssh refuses a wrong value, and so it shows that a file is not what it should be.
  clearallforwardings: flag,
  compression: choice("yes", "no"),
  controlmaster: flagOr("auto", "ask", "autoask"),
  controlpath: text,
  exitonforwardfailure: flag,
  forwardx11: flag,
  forwardx11timeout: time,
  forwardx11trusted: flag,
  gatewayports: flag,
  nohostauthenticationforlocalhost: flag,
  permitlocalcommand: flag,
  requesttty: flagOr("force", "auto"),
  tcpkeepalive: flag,
  visualhostkey: flag,
};

const adding = new Set(["identityfile", "certificatefile"]);

/** Older names (readconf.c, keywords[]). */
const aliases: Readonly<Record<string, string>> = {
  challengeresponseauthentication: "kbdinteractiveauthentication",
  dsaauthentication: "pubkeyauthentication",
  identityfile2: "identityfile",
  keepalive: "tcpkeepalive",
  pubkeyacceptedkeytypes: "pubkeyacceptedalgorithms",
  skeyauthentication: "kbdinteractiveauthentication",
  smartcarddevice: "pkcs11provider",
  tisauthentication: "kbdinteractiveauthentication",
};

/** Those that OpenSSH 9.2 to 10 know besides, the patches of Debian, Red Hat and Apple included. */
const others = new Set(
  (
    "addkeystoagent afstokenpassing casignaturealgorithms channeltimeout cipher ciphers compressionlevel controlpersist " +
    "dynamicforward enableescapecommandline enablesshkeysign escapechar fallbacktorsh fingerprinthash " +
    "forkafterauthentication forwardagent globalknownhostsfile2 gssapiclientidentity gssapidelegatecredentials " +
    "gssapikexalgorithms gssapikeyexchange gssapirenewalforcesrekey gssapiserveridentity gssapitrustdns " +
    "hostbasedacceptedalgorithms hostbasedkeytypes ipqos kbdinteractivedevices kerberosauthentication " +
    "kerberostgtpassing kexalgorithms localcommand localforward logfacility loglevel logverbose macs " +
    "obscurekeystroketiming permitremoteopen protocol protocolkeepalives refuseconnection rekeylimit remotecommand " +
    "remoteforward requiredrsasize rhostsauthentication rhostsrsaauthentication rsaauthentication sendenv sessiontype " +
    "setenv setuptimeout stdinnull streamlocalbindmask streamlocalbindunlink syslogfacility tunnel tunneldevice " +
    "tunneloptions updatehostkeys usekeychain useprivilegedport useroaming userknownhostsfile2 usersh " +
    "versionaddendum warnweakcrypto xauthlocation"
  ).split(" "),
);

/** undefined for one that OpenSSH does not know either. */
export function keywordOf(name: string): Keyword | undefined {
  const own = Object.hasOwn(aliases, name) ? (aliases[name] ?? name) : name;
  const read = Object.hasOwn(readers, own) ? readers[own] : undefined;
  if (read !== undefined) return { name: own, read, adds: adding.has(own) };
  return others.has(name) ? { name, read: ignored } : undefined;
}
