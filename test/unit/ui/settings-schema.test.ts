import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { parseSettings, settingKeys } from "../../../extension/ui/settings-schema.ts";

const good: Readonly<Record<string, unknown>> = {
  kubeconfig: " /home/me/.kube/config ",
  context: "",
  pageSize: 500,
  timeoutSeconds: 20,
  hosts: ["docker-box", " core@10.0.0.7:2222 "],
  sudo: "auto",
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
  return parseSettings((key) => ({ ...good, ...changes })[key]);
}

describe("parseSettings", () => {
  test("gives the rooms their units", () => {
    expect(parse()).toMatchObject({
      cluster: { kubeconfig: "/home/me/.kube/config", pageSize: 500, timeoutMs: 20_000 },
      ssh: { user: "core", connectTimeoutMs: 1500, idleMs: 60_000, addressTypes: ["Hostname"] },
      hosts: [
        { name: "docker-box", user: undefined, host: "docker-box", port: undefined },
        { name: "core@10.0.0.7:2222", user: "core", host: "10.0.0.7", port: 2222 },
      ],
      probeTimeoutMs: 20_000,
      sudo: "auto",
    });
  });

  test.each([
    ["kubeconfig", 7],
    ["pageSize", 0],
    ["pageSize", 1.5],
    ["pageSize", 5001],
    ["timeoutSeconds", "20"],
    ["hosts", "docker-box"],
    ["hosts", [7]],
    ["hosts", ["docker-box", "-oProxyCommand=id"]],
    ["sudo", "always"],
    ["ssh.port", 65_536],
    ["ssh.addressTypes", []],
    ["ssh.addressTypes", ["PublicIP"]],
    ["ssh.user", null],
  ])("names %s when it is %j", (key, value) => {
    expect(() => parse({ [key]: value })).toThrow(
      expect.objectContaining({
        reason: "setting-invalid",
        facts: expect.objectContaining({ setting: `podSandbox.${key}` }),
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
