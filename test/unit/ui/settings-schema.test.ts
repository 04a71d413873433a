import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { parseSettings, settingKeys } from "../../../extension/ui/settings-schema.ts";

const good: Readonly<Record<string, unknown>> = {
  kubeconfig: " /home/me/.kube/config ",
  context: "",
  pageSize: 250,
  timeoutSeconds: 20,
  nodesAtOnce: 32,
  codeLens: true,
  diagnostics: true,
  hosts: ["docker-box", " core@10.0.0.7:2222 "],
  access: [],
  become: "auto",
  "debugPod.namespace": "default",
  "debugPod.image": "busybox:1.37",
  "ssh.client": "auto",
  "ssh.user": "core",
  "ssh.port": 0,
  "ssh.identityFile": "",
  "ssh.agent": "",
  "ssh.configFile": "",
  "ssh.knownHostsFile": "",
  "ssh.addressTypes": ["Hostname"],
  "ssh.addressTemplate": "",
  "ssh.connectTimeoutSeconds": 1.5,
  "ssh.idleSeconds": 60,
};

function parse(changes: Readonly<Record<string, unknown>> = {}): ReturnType<typeof parseSettings> {
  return parseSettings((key) => ({ ...good, ...changes })[key], true);
}

function wrongWith(changes: Readonly<Record<string, unknown>>): string | undefined {
  try {
    parse(changes);
    return undefined;
  } catch (error) {
    return error instanceof SandboxError ? error.facts["expected"] : String(error);
  }
}

describe("parseSettings", () => {
  test("gives the rooms their units", () => {
    expect(parse()).toMatchObject({
      cluster: { kubeconfig: "/home/me/.kube/config", pageSize: 250, timeoutMs: 20_000 },
      nodes: {
        ssh: {
          client: "auto",
          runPrograms: true,
          user: "core",
          connectTimeoutMs: 1500,
          idleMs: 60_000,
          addressTypes: ["Hostname"],
        },
        become: { kind: "auto" },
        rules: [],
        debugPod: { namespace: "default", image: "busybox:1.37" },
      },
      hosts: [
        { name: "docker-box", user: undefined, host: "docker-box", port: undefined },
        { name: "core@10.0.0.7:2222", user: "core", host: "10.0.0.7", port: 2222 },
      ],
      probeTimeoutMs: 20_000,
    });
  });

  test("lets no program of the ssh config run in a workspace that is not trusted", () => {
    expect(parseSettings((key) => good[key], false).nodes.ssh.runPrograms).toBe(false);
  });

  test("reads a rule for each way, with what each way leaves to the settings", () => {
    const access = [
      {
        context: "prod-*",
        node: "gpu-?",
        way: "ssh",
        user: "core",
        port: 2222,
        become: "sudo",
        client: "openssh",
      },
      { way: "ssh", address: "${name}.example.com", become: "dzdo -p ${prompt} -S ${command}" },
      { context: "", node: "localhost", way: "local" },
      { context: "kind-*", way: "container" },
      { context: "k3d-*", way: "container", engine: "podman", container: "box-${name}" },
      { way: "debugPod", namespace: "kube-system", image: "registry.example.com:5000/tools@sha256:0a" },
    ];
    expect(parse({ access }).nodes.rules).toEqual([
      {
        context: "prod-*",
        node: "gpu-?",
        way: {
          kind: "ssh",
          client: "openssh",
          user: "core",
          port: 2222,
          address: undefined,
          become: { kind: "sudo" },
        },
      },
      {
        context: "*",
        node: "*",
        way: expect.objectContaining({
          address: "${name}.example.com",
          become: { kind: "template", template: "dzdo -p ${prompt} -S ${command}" },
        }),
      },
      { context: "", node: "localhost", way: { kind: "local", become: undefined } },
      { context: "kind-*", node: "*", way: { kind: "container", engine: "docker", container: "${name}" } },
      { context: "k3d-*", node: "*", way: { kind: "container", engine: "podman", container: "box-${name}" } },
      {
        context: "*",
        node: "*",
        way: {
          kind: "debugPod",
          namespace: "kube-system",
          image: "registry.example.com:5000/tools@sha256:0a",
        },
      },
    ]);
  });

  test.each([
    [[{ way: "ssh" }, { way: "telnet" }], /^entry 2.*way is one of these: ssh/],
    [[{}], /^entry 1.*way is one of these: ssh/],
    [["ssh"], /^entry 1: each rule must be an object/],
    [[{ way: "ssh", port: 70_000 }], /^entry 1, port: .*1 to 65535/],
    [
      [{ way: "ssh", usr: "core" }],
      /^entry 1: there is no usr for this way, only context, node, way, client, user, port, address, become$/,
    ],
    [
      [{ way: "local", user: "core" }],
      /^entry 1: there is no user for this way, only context, node, way, become$/,
    ],
    [[{ way: "local", become: "su -c" }], /^entry 1, become: .*\$\{command\}/],
    [[{ way: "container", engine: "lxc" }], /^entry 1, engine: .*docker/],
    [[{ way: "container", container: "--privileged" }], /^entry 1, container: .*name of a container/],
    [[{ way: "debugPod", namespace: "Kube" }], /^entry 1, namespace: .*lower-case/],
    [[{ way: "debugPod", image: "--rm busybox" }], /^entry 1, image: .*busybox:1\.37/],
    [[{ way: "debugPod", image: "--rm" }], /^entry 1, image: .*busybox:1\.37/],
    [
      [{ way: "ssh", address: "${nmae}.example.com" }],
      /^entry 1, address: .*no places to fill but \$\{name\}/,
    ],
    [[{ way: "ssh", address: "http://x" }], /^entry 1, address: /],
    [[{ way: "ssh", user: "-oProxyCommand=id" }], /^entry 1, user: .*name of a user/],
    [[{ way: "ssh", user: "a\nb" }], /^entry 1, user: /],
    [[{ way: "ssh", become: 7 }], /^entry 1, become: .*\$\{command\}/],
    [[{ way: "local", node: "" }], /^entry 1, node: .*must be a name/],
    [[{ way: "local", context: 7 }], /^entry 1, context: /],
    [[null], /^entry 1: each rule must be an object/],
    [Array.from({ length: 1001 }, () => ({ way: "local" })), /list of at most 1000 rules/],
    ["ssh", /list of at most/],
  ])("says where in the rules %j the fault is, and what is wanted", (access, words) => {
    expect(wrongWith({ access })).toMatch(words);
  });

  test.each([
    ["kubeconfig", 7],
    ["pageSize", 0],
    ["pageSize", 1.5],
    ["pageSize", 5001],
    ["timeoutSeconds", "20"],
    ["codeLens", "yes"],
    ["diagnostics", null],
    ["hosts", "docker-box"],
    ["hosts", [7]],
    ["hosts", ["docker-box", "-oProxyCommand=id"]],
    ["become", "always"],
    ["become", "sudo '${command}"],
    ["ssh.client", "putty"],
    ["debugPod.namespace", ""],
    ["debugPod.image", "a b"],
    ["ssh.port", 65_536],
    ["ssh.addressTypes", []],
    ["ssh.addressTypes", ["PublicIP"]],
    ["ssh.user", null],
    ["ssh.user", "-oProxyCommand=id"],
    ["ssh.addressTemplate", "${nmae}.example.com"],
  ])("names %s when it is %j", (key, value) => {
    expect(() => parse({ [key]: value })).toThrow(
      expect.objectContaining({
        reason: "setting-invalid",
        facts: { setting: `podSandbox.${key}`, expected: expect.stringMatching(/\bmust be\b/) },
      }),
    );
  });

  test("throws nothing but its own error, whatever a settings file holds", () => {
    fc.assert(
      fc.property(fc.constantFrom(...settingKeys), fc.anything(), (key, value) => {
        try {
          parse({ [key]: value });
        } catch (error) {
          expect(error).toBeInstanceOf(SandboxError);
        }
      }),
    );
  });
});
