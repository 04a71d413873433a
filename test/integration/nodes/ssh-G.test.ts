import { execFileSync } from "node:child_process";
import { chmod, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import fc from "fast-check";
import { askSsh, askUs, comparable } from "../../support/ssh-g.ts";

const hasSsh = (() => {
  try {
    execFileSync("ssh", ["-V"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Random configurations in one run; more with SSH_G_RUNS. */
const runs = Number(process.env["SSH_G_RUNS"] ?? 300);
const seed = Number(process.env["SSH_G_SEED"] ?? 4711);

let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "ssh-g-"));
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function write(name: string, text: string): Promise<string> {
  const path = join(folder, name);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text, { mode: 0o600 });
  return path;
}

/** Files are written into `folder`; @ in a text stands for it. */
async function compare(
  files: Readonly<Record<string, string>>,
  host: string,
): Promise<readonly [unknown, unknown]> {
  for (const [name, text] of Object.entries(files)) await write(name, text.replaceAll("@DIR", folder));
  const path = join(folder, "config");
  const [theirs, ours] = await Promise.all([askSsh(path, host), askUs(path, host)]);
  return comparable(theirs, ours);
}

/** Why it is here, the configuration, perhaps the host (web1) and files that are included. */
type Case = readonly [
  why: string,
  config: string,
  host?: string,
  included?: Readonly<Record<string, string>>,
];

const cases: readonly Case[] = [
  ["nothing at all", ""],
  ["only comments and blanks", "# a\n\n   \t\n  # b\n"],
  ["the first value wins", "User one\nUser two\n"],
  ["a section that applies", "Host web1\n User one\nHost *\n User two\n"],
  ["one that does not", "Host web2\n User one\nHost *\n User two\n"],
  ["several patterns", "Host a b web? c\n User one\n"],
  ["a negated pattern behind", "Host web* !web1\n User one\n"],
  ["a negated pattern in front", "Host !web1 web*\n User one\n"],
  ["only a negated pattern", "Host !web2\n User one\n"],
  ["the case counts in Host", "Host WEB1\n User one\n"],
  ["and in the name that is asked for", "Host web1\n User one\n", "Web1"],
  ["keywords in any case", "hOsT WEB1 web1\n uSER one\n pORT 7\n"],
  ["an equals sign", "User=one\nPort = 7\nHostName= x.example.com\nHostKeyAlias =k\n"],
  ["two equals signs", "User == one\n"],
  ["tabs", "\tUser\tone\n\t\tPort\t\t7\n"],
  ["CRLF", "User one\r\nPort 7\r\nHost web1\r\n IdentitiesOnly yes\r\n"],
  ["no newline at the end", "User one\nPort 7"],
  ["a comment behind a value", "User one # the first\nPort 7 #x\n"],
  ["a # inside of a word", "User one#two\n"],
  ["double quotes", 'User "one two"\nIdentityFile "/a b/c"\n'],
  ["single quotes", "User 'one two'\n"],
  ["quotes inside of a word", 'User o"n e"x\n'],
  ["an empty quoted value", 'User ""\n'],
  ["escapes", 'User one\\ two\nHostKeyAlias a\\"b\n'],
  ["an escape that is none", "User a\\b\n"],
  ["a quote that does not end", 'User "one\n'],
  ["a quoted keyword", '"User" one\n'],
  ["a keyword without a value", "User\n"],
  ["an equals sign without a value", "User=\n"],
  ["two values where one is taken", "User one two\n"],
  ["an unknown keyword", "NoSuchThing yes\n"],
  ["an unknown keyword in a section that does not apply", "Host other\n NoSuchThing yes\n"],
  ["IgnoreUnknown", "IgnoreUnknown no*,x\nNoSuchThing yes\nUser one\n"],
  ["IgnoreUnknown too late", "NoSuchThing yes\nIgnoreUnknown no*\n"],
  ["a deprecated keyword", "UseRoaming no\nProtocol 2\nUser one\n"],
  ["HostName", "HostName Web.Example.COM\n"],
  ["HostName with tokens", "HostName %h.x.%h.example.com\n"],
  ["HostName with a dot at the end", "HostName %h.example.com.\n"],
  ["HostName of an address of a link", "HostName fe80::1%%lo\n"],
  ["HostName with an unknown token", "HostName %q\n"],
  ["HostName of an address", "HostName 10.0.0.7\n"],
  ["HostName of a long IPv6 address", "HostName 2001:0db8:0000::0001\n"],
  ["a port that is none", "Port 70000\n"],
  ["port zero", "Port 0\n"],
  ["a negative port", "Port -1\n"],
  [
    "IdentityFile adds up, without repetitions",
    "IdentityFile /a\nIdentityFile ~/b\nIdentityFile /a\nIdentityFile /c/%h-%r-%n-%p-%%\n",
  ],
  ["IdentityFile none", "IdentityFile none\n"],
  ["IdentityFile none among others", "IdentityFile /a\nIdentityFile NONE\n"],
  ["IdentityFile with a variable", "IdentityFile ${KEYS}/id\n"],
  ["IdentityFile in its older name", "IdentityFile2 /a\n"],
  ["CertificateFile", "CertificateFile /a-cert.pub\n"],
  ["IdentitiesOnly", "IdentitiesOnly TRUE\n"],
  ["a flag that is none", "IdentitiesOnly maybe\n"],
  ["IdentityAgent", "IdentityAgent ~/agent-%r\n"],
  ["IdentityAgent none", "IdentityAgent none\n"],
  ["IdentityAgent by the name of the variable", "IdentityAgent SSH_AUTH_SOCK\n"],
  ["IdentityAgent by the older form", "IdentityAgent $KEYS\n"],
  ["IdentityAgent by a variable", "IdentityAgent ${KEYS}/agent\n"],
  ["IdentityAgent by no name of a variable", "IdentityAgent $-x\n"],
  ["several known_hosts files", "UserKnownHostsFile ~/a /b/%h %d/c\nGlobalKnownHostsFile /x /y\n"],
  ["every token in known_hosts files", "User me\nUserKnownHostsFile /%C /%L/%l /%i.%u%%%k\n"],
  ["no known_hosts files", "UserKnownHostsFile none\nGlobalKnownHostsFile none\n"],
  ["none among known_hosts files", "UserKnownHostsFile /a none\n"],
  ["known_hosts files do not add up", "UserKnownHostsFile /a\nUserKnownHostsFile /b\n"],
  ...["yes", "no", "ask", "off", "accept-new", "True", "FALSE", "maybe"].map((value): Case => [
    `StrictHostKeyChecking ${value}`,
    `StrictHostKeyChecking ${value}\n`,
  ]),
  ["HashKnownHosts", "HashKnownHosts yes\n"],
  ["HostKeyAlias is made lower case", "HostKeyAlias Fleet\nPort 2222\n"],
  ["HostKeyAlgorithms", "HostKeyAlgorithms rsa-sha2-512,ssh-ed25519\n"],
  ["HostKeyAlgorithms with more", "HostKeyAlgorithms +ssh-rsa\n"],
  ["HostKeyAlgorithms with fewer", "HostKeyAlgorithms -ecdsa-*,ssh-ed25519\n"],
  ["HostKeyAlgorithms with others first", "HostKeyAlgorithms ^rsa-sha2-256\n"],
  ["HostKeyAlgorithms by patterns", "HostKeyAlgorithms ecdsa-*\n"],
  ["HostKeyAlgorithms that nobody knows", "HostKeyAlgorithms ssh-ed25519,ssh-fast\n"],
  ["PreferredAuthentications", "PreferredAuthentications password,gssapi-with-mic,publickey\n"],
  ["methods switched off", "PubkeyAuthentication no\nPasswordAuthentication no\n"],
  ["PubkeyAuthentication unbound", "PubkeyAuthentication unbound\n"],
  ["the older name of keyboard-interactive", "ChallengeResponseAuthentication no\n"],
  ["BatchMode and prompts", "BatchMode yes\nNumberOfPasswordPrompts 1\n"],
  ["times", "ConnectTimeout 1m30s\nServerAliveInterval 2h\nServerAliveCountMax 5\n"],
  ["a time of none leaves it to the next", "ConnectTimeout none\nConnectTimeout 7\n"],
  ["a time that is none", "ConnectTimeout 1y\n"],
  ["a time of zero", "ConnectTimeout 0\nServerAliveInterval 0\n"],
  ["a time with a sign", "ConnectTimeout -1\n"],
  ["ConnectionAttempts", "ConnectionAttempts 4\n"],
  ["AddressFamily and BindAddress", "AddressFamily inet6\nBindAddress ::1\n"],
  ["ProxyJump", "ProxyJump bastion\n"],
  ["ProxyJump with all its parts", "ProxyJump me@bastion:2222\n"],
  ["ProxyJump over several", "ProxyJump a,me@b:22,c:2200\n"],
  ["ProxyJump by URIs", "ProxyJump ssh://me@bastion:2222,ssh://other\n"],
  ["ProxyJump over IPv6", "ProxyJump me@[fd00::1]:2222\n"],
  ["ProxyJump with a comment", "ProxyJump bastion # over there\n"],
  ["ProxyJump none", "ProxyJump none\nProxyJump bastion\n"],
  ["ProxyJump with tokens", "User me\nPort 7\nHostName x\nProxyJump %r@b-%h,c-%n.%p\n"],
  ["ProxyJump to nothing", "ProxyJump me@\n"],
  ["ProxyJump with an empty hop", "ProxyJump a,,b\n"],
  ["ProxyJump with a bad port", "ProxyJump a:x\n"],
  ["ProxyJump through itself", "ProxyJump web1\n"],
  ["a bad ProxyJump where it does not apply", "Host other\n ProxyJump a:x\n"],
  ["ProxyCommand keeps its line", 'ProxyCommand nc -x "a b"  %h %p # not a comment\n'],
  ["ProxyCommand with tokens", "User me\nProxyCommand run %% %h %n %p %r %k\n"],
  ["ProxyCommand with an equals sign", "ProxyCommand=nc %h %p\n"],
  ["ProxyCommand none", "ProxyCommand none\nProxyCommand nc\n"],
  ["ProxyCommand none before ProxyJump", "ProxyCommand none\nProxyJump bastion\n"],
  ["ProxyCommand before ProxyJump", "ProxyCommand nc\nProxyJump bastion\n"],
  ["ProxyJump before ProxyCommand", "ProxyJump bastion\nProxyCommand nc\n"],
  ["ProxyJump none before ProxyCommand", "ProxyJump none\nProxyCommand nc\n"],
  ["ProxyCommand with a quote that does not end", "ProxyCommand sh -c 'x\n"],
  ["Match all", "Match all\n User one\n"],
  ["Match without criteria", "Match\n User one\n"],
  ["Match with an unknown one", "Match planet earth\n User one\n"],
  ["Match all with others", "Match host web1 user x all\n User one\n"],
  ["Match host looks at HostName", "HostName %h.example.com\nMatch host *.example.com\n User one\n"],
  ["Match originalhost does not", "HostName x.example.com\nMatch originalhost web1\n User one\n"],
  ["the case does not count in Match", "Match host WEB*\n User one\n", "Web1"],
  ["Match with a list", "Match host a,web*,!web2\n User one\n"],
  ["Match user", "User root2\nMatch user root?\n Port 7\n"],
  ["Match localuser", "Match localuser root,nobody\n Port 7\n"],
  ["Match negated", "Match !host web2 !user nobody\n Port 7\n"],
  ["Match exec", "Match exec true\n Port 7\nMatch exec false\n User no\n"],
  [
    "Match exec with tokens",
    'Match exec "test %h.%n.%p.%r = x.web1.5.me"\n IdentitiesOnly yes\n'.replace(
      /^/,
      "HostName x\nPort 5\nUser me\n",
    ),
  ],
  ["Match exec after what does not match", 'Match host other exec "touch @DIR/ran"\n User one\n'],
  ["Match exec negated", "Match !exec false\n Port 7\n"],
  ["Match final needs a second pass", "Match final\n User late\nHost *\n Port 7\n"],
  ["Match final in the first pass", "Match !final\n User early\nMatch final\n User late\n Port 7\n"],
  ["Match final all", "Match final all\n Port 7\n"],
  ["Match canonical without a second pass", "Match canonical all\n Port 7\n"],
  ["Match canonical with one", "CanonicalizeHostname yes\nMatch canonical all\n Port 7\n"],
  ["the second pass knows the host by its name", "HostName b.example.com\nMatch final host b.*\n Port 7\n"],
  ["identity files in both passes", "IdentityFile /a\nMatch final\n IdentityFile /b\n"],
  ["Match with a comment", "Match host web1 # mine\n Port 7\n"],
  ["Include", "Include @DIR/one\nUser two\n", "web1", { one: "User one\n" }],
  [
    "Include of several and wildcards",
    "Include @DIR/x/*.conf @DIR/one\n",
    "web1",
    {
      "x/b.conf": "User b\n",
      "x/a.conf": "User a\nPort 1\n",
      "x/.hid.conf": "IdentityFile /h\n",
      one: "IdentityFile /one\n",
    },
  ],
  ["Include by a set", "Include @DIR/y/[a-b]?\n", "web1", { "y/a1": "User a\n", "y/c1": "Port 9\n" }],
  [
    "Include with an escaped wildcard",
    'Include "@DIR/z/\\\\*"\n',
    "web1",
    { "z/*": "User star\n", "z/a": "Port 9\n" },
  ],
  ["Include of nothing", "Include @DIR/none/* @DIR/missing\nUser one\n"],
  ["Include of a folder", "Include @DIR/x\nUser one\n", "web1", { "x/b.conf": "User b\n" }],
  [
    "Include in a section that applies",
    "Host web1\n Include @DIR/one\n Port 7\n",
    "web1",
    { one: "User one\nHost other\n Port 9\n" },
  ],
  [
    "Include in one that does not",
    "Host other\n Include @DIR/one\nHost *\n Port 7\n",
    "web1",
    { one: "User one\nHost web1\n Port 9\nMatch all\n Port 8\n" },
  ],
  [
    "Include of something wrong where it does not apply",
    "Host other\n Include @DIR/one\n",
    "web1",
    { one: "NoSuchThing yes\n" },
  ],
  ["Include of itself", "Include @DIR/config\n"],
  ["Include of an empty name", 'Include ""\n'],
  ["an address as host", "Host 10.0.*.?\n User one\n", "10.0.3.7"],
  ["an IPv6 address as host", "Host fd00::*\n User one\n", "fd00::7"],
];

describe.skipIf(!hasSsh)("an ssh config is read as ssh -G reads it (needs ssh)", () => {
  const named = cases.map(([why, config, host = "web1", included = {}]) => ({ why, config, host, included }));

  it.each(named)("$why", async ({ config, host, included }) => {
    const [theirs, ours] = await compare({ config, ...included }, host);
    expect(ours).toEqual(theirs);
  });

  it("has enough cases", () => {
    expect(cases.length).toBeGreaterThan(60);
  });

  it("refuses what others may write to where it is included", async () => {
    const path = await write("open", "User one\n");
    await chmod(path, 0o666);
    const [theirs, ours] = await compare({ config: "Include @DIR/open\n" }, "web1");
    expect(theirs).toBe("refused");
    expect(ours).toEqual(theirs);
  });

  it(`agrees on ${runs} random configurations`, { timeout: 60_000 + runs * 100 }, async () => {
    let accepted = 0;
    await fc.assert(
      fc.asyncProperty(
        configuration,
        fc.constantFrom("web1", "db.example.com", "WEB2", "10.0.0.7"),
        async (files, host) => {
          const [theirs, ours] = await compare(files, host);
          expect(ours).toEqual(theirs);
          if (theirs !== "refused") accepted++;
        },
      ),
      { numRuns: runs, seed },
    );
    // Else it would say nothing of values.
    expect(accepted).toBeGreaterThan(runs / 4);
  });
});

const separator = fc.constantFrom(" ", " ", " ", "\t", "=", " = ", "  ");
const ending = fc.constantFrom("", "", "", " ", "\t", "\r", " # why", " #");

function inSomeCase(word: string): fc.Arbitrary<string> {
  return fc.constantFrom(word, word, word.toLowerCase(), word.toUpperCase());
}

/** A word in one of the ways in which it can be written. */
function written(word: string): fc.Arbitrary<string> {
  const plain = /[ #"'\\]/.test(word) || word === "" ? [] : [word, word, word];
  return fc.constantFrom(
    ...plain,
    `"${word.replaceAll(/(["\\])/g, String.raw`\$1`)}"`,
    ...(/['\\]/.test(word) ? [] : [`'${word}'`]),
  );
}

function line(keyword: string, ...values: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc
    .tuple(inSomeCase(keyword), separator, fc.tuple(...values.map((value) => value.chain(written))), ending)
    .map(([name, between, words, end]) => `${name}${between}${words.join(" ")}${end}`);
}

const flag = fc.constantFrom("yes", "no", "yes", "no", "Yes", "true", "False", "maybe", "");
const word = fc.constantFrom("a", "bob", "X.y", "web1", "two words", "a#b", 'q"q', "back\\slash", "it's");
/** As it stands in the file: in quotes of both kinds, half in quotes, with escapes that are some and that are none. */
const raw = fc
  .array(fc.constantFrom("a", "b", '"', "'", "\\", "\\\\", '\\"', "\\'", "\\ ", " ", "#", "=", "\t"), {
    minLength: 1,
    maxLength: 8,
  })
  .map((pieces) => pieces.join(""));
const somePath = fc.constantFrom(
  ..."/a /b/%h ~/k-%r /x/%n.%p /%%/%u none ${KEYS}/z %d/k /%k/%i /%l.%L ~/a%%h %%".split(" "),
);
const filePath = fc.constantFrom("/a", "~/b", "/c/d", "none");
const number = fc.constantFrom("0", "1", "7", "2222", "65535", "65536", "-1", "+5", "x", "1x", "");
const time = fc.constantFrom("0", "5", "1m", "1h2m3s", "none", "1y", "-3", "2W", "99999999999");
const hosts = fc.constantFrom(
  "web1",
  "web*",
  "*",
  "!web1",
  "db.*",
  "*.example.com",
  "WEB?",
  "10.0.0.?",
  "!*2",
  "x",
);
const jump = fc.constantFrom(
  "none",
  "bastion",
  "me@b1:22",
  "a,b",
  "x@y:0",
  "ssh://u@h:7",
  "[::1]:5",
  "a:b",
  "@x",
  "web1",
  "c,ssh://d",
  "%r@b-%h",
  "b%n:7,%h.b",
  "ssh://%r@b",
  "web1:22",
);

const directive = fc.oneof(
  line("User", word),
  fc
    .tuple(
      fc.constantFrom("User", "HostKeyAlias", "IdentityFile", "BindAddress", "IgnoreUnknown"),
      separator,
      raw,
    )
    .map((all) => all.join("")),
  line(
    "HostName",
    fc.constantFrom(
      ..."h.example.com %h.example.com H.Example.com 10.1.2.3 ::1 %q x.%h. %n % fe80::1%%lo".split(" "),
    ),
  ),
  line("Port", number),
  line("IdentityFile", somePath),
  line("CertificateFile", somePath),
  line(
    "IdentityAgent",
    fc.constantFrom("none", "SSH_AUTH_SOCK", "/agent/%r", "~/a", "$KEYS", "${KEYS}/s", "$-"),
  ),
  line("UserKnownHostsFile", somePath),
  line("UserKnownHostsFile", somePath, somePath),
  line("GlobalKnownHostsFile", filePath, filePath),
  line("StrictHostKeyChecking", fc.constantFrom("yes", "no", "ask", "off", "accept-new", "ACCEPT-NEW", "x")),
  line("HostKeyAlias", fc.constantFrom("k", "Fleet", "web1")),
  line(
    "HostKeyAlgorithms",
    fc.constantFrom("+ssh-rsa", "-ecdsa*", "^rsa-sha2-512", "ssh-ed25519,ssh-rsa", "x", "*"),
  ),
  ...[
    "IdentitiesOnly",
    "HashKnownHosts",
    "BatchMode",
    "PasswordAuthentication",
    "KbdInteractiveAuthentication",
    "PubkeyAuthentication",
    "ForwardX11",
    "Compression",
  ].map((name) => line(name, flag)),
  ...["ConnectTimeout", "ServerAliveInterval"].map((name) => line(name, time)),
  ...["ServerAliveCountMax", "NumberOfPasswordPrompts"].map((name) => line(name, number)),
  line("AddressFamily", fc.constantFrom("any", "inet", "INET6", "v4")),
  line("BindAddress", fc.constantFrom("127.0.0.1", "::1")),
  line(
    "PreferredAuthentications",
    fc.constantFrom("password", "publickey,password", "keyboard-interactive,x,publickey"),
  ),
  fc.tuple(separator, jump, ending).map((all) => `ProxyJump${all.join("")}`),
  fc
    .tuple(separator, fc.constantFrom("none", "nc %h %p", "run '%n' \"%r\" %% %k", "it's", "x # y"), ending)
    .map((all) => `ProxyCommand${all.join("")}`),
  line("IgnoreUnknown", fc.constantFrom("Foo*", "bar,foo*", "x")),
  line("FooBar", word),
  fc.constantFrom(
    "",
    "  ",
    "# User x",
    "\t# y",
    "User",
    "User=",
    "Port 1 2",
    'User "a',
    "CanonicalizeHostname yes",
    "CanonicalizeHostname always",
    "CanonicalizeHostname none",
  ),
);

const criterion = fc.oneof(
  fc
    .tuple(
      fc.constantFrom("host", "Host", "originalhost", "user", "localuser"),
      fc.constantFrom(
        ...'web* *.example.com a,bob,root !web1,* WEB1 x "web1" *,!*.example.com,!x h.* !bob,* web1.example.com ?*'.split(
          " ",
        ),
      ),
    )
    .map((pair) => pair.join(" ")),
  fc.constantFrom(
    "all",
    "final",
    "canonical",
    "exec true",
    "exec false",
    'exec "test %h = web1"',
    'exec "test %r-%p = bob-7"',
    "nonsense x",
    "host",
  ),
);

const section = fc.oneof(
  line("Host", hosts),
  line("Host", hosts, hosts),
  fc
    .tuple(
      fc.constantFrom("Match ", "match ", "MATCH\t"),
      fc.array(
        fc.tuple(fc.constantFrom("", "", "", "!"), criterion).map((pair) => pair.join("")),
        { minLength: 1, maxLength: 3 },
      ),
      ending,
    )
    .map(([keyword, criteria, end]) => keyword + criteria.join(" ") + end),
);

const include = fc.constantFrom(
  "Include @DIR/r/a",
  "Include @DIR/r/*",
  'Include "@DIR/r/b" @DIR/missing',
  "include=@DIR/r/[ab]",
  "Include @DIR/r/c @DIR/r/a @DIR/r/a",
  "Host web1\n Include @DIR/r/a",
  "Match host *.example.com,web1\n Include @DIR/r/b",
  "Match !final host !db*,*\n Include @DIR/r/c",
  'Match originalhost web1 exec "test %p = 22"\n Include @DIR/r/*',
);

function file(...lines: readonly fc.Arbitrary<string>[]): fc.Arbitrary<string> {
  return fc
    .tuple(
      fc.array(fc.oneof(...lines), { maxLength: 12 }),
      fc.constantFrom("\n", "\n", "\r\n"),
      fc.constantFrom("", " ", "\t"),
    )
    .map(([all, newline, indent]) => all.map((text) => indent + text + newline).join(""));
}

const many = [directive, directive, directive, directive, section];

const configuration = fc.record({
  config: file(...many, include),
  "r/a": file(...many),
  "r/b": file(...many, section),
  "r/c": file(directive, section, fc.constantFrom("Include @DIR/r/a", "Match final\n Include @DIR/r/b")),
});
