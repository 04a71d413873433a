import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import type { ClusterNode } from "../../extension/core/pod.ts";
import { bySsh, type Way } from "../../extension/nodes/access.ts";
import { DebugPodLedger } from "../../extension/nodes/debug-pod/ledger.ts";
import type {
  HostKeyQuestion,
  PassphraseQuestion,
  PasswordQuestion,
  SecretAnswer,
  SecretVault,
} from "../../extension/nodes/prompts.ts";
import type { Machine, NodeSettings, SshSettings } from "../../extension/nodes/settings.ts";
import type { RunLimits, RunRequest, RunResult } from "../../extension/nodes/transport.ts";
import { createNodeWays, type NodeWays, type NodeWaysPorts } from "../../extension/nodes/ways.ts";

/** A user's machine with an empty home folder and nothing in its environment. */
export interface Home extends AsyncDisposable {
  readonly machine: Machine;
  readonly knownHosts: string;
  path(name: string): string;
  write(name: string, text: string): Promise<string>;
}

export async function makeHome(env: Record<string, string> = {}): Promise<Home> {
  const home = await mkdtemp(join(tmpdir(), "home-"));
  const path = (name: string): string => join(home, name);
  return {
    machine: {
      home,
      user: userInfo().username,
      uid: userInfo().uid,
      hostname: "workstation.example.com",
      platform: process.platform,
      systemFolder: path("etc/ssh"),
      env,
    },
    knownHosts: path(".ssh/known_hosts"),
    path,
    write: async (name, text) => {
      await mkdir(join(path(name), ".."), { recursive: true });
      await writeFile(path(name), text, { mode: 0o600 });
      return path(name);
    },
    [Symbol.asyncDispose]: () => rm(home, { recursive: true, force: true }),
  };
}

export function makeNode(name: string, address: string, more: Partial<ClusterNode> = {}): ClusterNode {
  return {
    name,
    addresses: [{ type: "InternalIP", address }],
    runtimeVersion: "containerd://1.6.20",
    kubeletVersion: "v1.31.0",
    kernelVersion: "6.1.0",
    os: "linux",
    osImage: "Debian",
    bootId: "",
    providerId: "",
    virtual: false,
    ready: true,
    ...more,
  };
}

export const defaultSettings: SshSettings = {
  client: "builtin",
  runPrograms: true,
  addressTypes: ["InternalIP", "ExternalIP", "Hostname"],
  addressTemplate: "",
  user: "",
  port: 0,
  identityFile: "",
  configFile: "",
  knownHostsFile: "",
  agent: "",
  connectTimeoutMs: 10_000,
  keepaliveMs: 0,
  idleMs: 60_000,
  maxConnections: 20,
};

/** Everything but SSH as a user has it who set nothing. */
export const otherSettings: Omit<NodeSettings, "ssh"> = {
  become: { kind: "never" },
  rules: [],
  debugPod: { namespace: "default", image: "busybox:1.37" },
};

/** A vault that lasts as long as the test. */
export function memoryVault(
  secrets = new Map<string, string>(),
): SecretVault & { secrets: Map<string, string> } {
  return {
    secrets,
    read: (key) => Promise.resolve(secrets.get(key)),
    write: (key, secret) => Promise.resolve(void secrets.set(key, secret)),
    forget: (key) => Promise.resolve(void secrets.delete(key)),
  };
}

/** Debug pods are not to be made. */
export const noDebugPods: Pick<NodeWaysPorts, "openPodApi" | "debugPods"> = {
  openPodApi: (context) => Promise.reject(new Error(`unexpected: the API of ${context}`)),
  debugPods: {
    agree: () => Promise.reject(new Error("unexpected: a debug pod")),
    ledger: new DebugPodLedger(
      { keys: () => [], get: () => undefined, update: () => Promise.reject(new Error("unexpected")) },
      { label: "test", machine: "test", pid: 0, start: "" },
      Date.now,
    ),
    left: () => {},
  },
};

type Answer<Question, Value> = (question: Question, signal: AbortSignal) => Value | Promise<Value>;

/** A secret that is not to be kept, or one with what the user said of that. */
type Secret = string | SecretAnswer | undefined;

/** What the user answers; by default every question is one too many. */
export interface Answers {
  readonly hostKey?: Answer<HostKeyQuestion, boolean>;
  readonly passphrase?: Answer<PassphraseQuestion, Secret>;
  readonly password?: Answer<PasswordQuestion, Secret>;
}

/** The room under test, with a user who answers and a log that can be searched. */
export interface Bench extends AsyncDisposable {
  readonly nodes: NodeWays;
  readonly hostKeyQuestions: HostKeyQuestion[];
  readonly passphraseQuestions: PassphraseQuestion[];
  readonly passwordQuestions: PasswordQuestion[];
  /** Every line logged so far. */
  log(): string;
  /** Runs a command on the node that listens at this port of 127.0.0.1. */
  run(
    port: number,
    argv: readonly string[],
    more?: Partial<RunRequest & RunLimits> & { host?: string },
  ): Promise<RunResult>;
}

export interface BenchOptions extends Partial<Omit<NodeSettings, "ssh">> {
  readonly vault?: SecretVault;
  readonly way?: Way;
}

export function makeBench(
  home: Home,
  settings: Partial<SshSettings> = {},
  answers: Answers = {},
  { vault = memoryVault(), way = bySsh, ...others }: BenchOptions = {},
): Bench {
  const hostKeyQuestions: HostKeyQuestion[] = [];
  const passphraseQuestions: PassphraseQuestion[] = [];
  const passwordQuestions: PasswordQuestion[] = [];
  const lines: string[] = [];
  const write = (line: string): void => {
    lines.push(line);
  };
  async function ask<Question, Value>(
    questions: Question[],
    question: Question,
    answer: Answer<Question, Value> | undefined,
    signal: AbortSignal,
  ): Promise<Value> {
    questions.push(question);
    if (answer === undefined) throw new Error(`unexpected question: ${JSON.stringify(question)}`);
    return answer(question, signal);
  }
  const asAnswer = (secret: Secret): SecretAnswer | undefined =>
    typeof secret === "string" ? { secret, keep: false } : secret;
  const nodes = createNodeWays(
    {
      ...otherSettings,
      ...others,
      ssh: { ...defaultSettings, addressTemplate: "${InternalIP}", ...settings },
    },
    {
      prompts: {
        confirmHostKey: (question, signal) => ask(hostKeyQuestions, question, answers.hostKey, signal),
        passphrase: async (question, signal) =>
          asAnswer(await ask(passphraseQuestions, question, answers.passphrase, signal)),
        password: async (question, signal) =>
          asAnswer(await ask(passwordQuestions, question, answers.password, signal)),
      },
      vault,
      log: { debug: write, info: write, warn: write, error: write },
      wayOf: () => way,
      ...noDebugPods,
    },
    home.machine,
  );
  return {
    nodes,
    hostKeyQuestions,
    passphraseQuestions,
    passwordQuestions,
    log: () => lines.join("\n"),
    run: (port, argv, more = {}) =>
      // Ports differ from node to node here, as they do not in a cluster: the address template carries them.
      nodes.transport(makeNode(`node-${port}`, `${more.host ?? "127.0.0.1"}:${port}`), "lab").run(
        { argv, stdin: more.stdin ?? "" },
        {
          signal: more.signal ?? new AbortController().signal,
          timeoutMs: more.timeoutMs ?? 20_000,
          maxBytes: more.maxBytes ?? 1_000_000,
          trace: more.trace,
        },
      ),
    [Symbol.asyncDispose]: () => nodes.close(),
  };
}
