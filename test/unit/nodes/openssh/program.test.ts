import { describe, expect, it } from "vitest";
import {
  sshArguments,
  sshEnvironment,
  type OpenSshTarget,
} from "../../../../extension/nodes/openssh/program.ts";
import type { Machine, SshSettings } from "../../../../extension/nodes/settings.ts";
import { defaultSettings } from "../../../support/ssh-nodes.ts";

const settings: SshSettings = { ...defaultSettings, client: "openssh" };

const machine: Machine = {
  home: "/home/me",
  user: "me",
  uid: 1000,
  hostname: "laptop",
  platform: "linux",
  systemFolder: "/etc/ssh",
  env: { SSH_AUTH_SOCK: "/run/agent", LC_ALL: "de_DE.UTF-8" },
};

const target: OpenSshTarget = {
  node: "worker-1",
  alias: "10.0.0.5",
  host: "10.0.0.5",
  port: 2222,
  user: "core",
  key: "k",
  connectTimeoutMs: 1_500,
  keepaliveMs: 0,
  keepaliveCount: 3,
  hostKey: { userFiles: ["/home/me/known hosts", '/home/me/50%"'], unknown: "ask" },
};

function args(more: Partial<SshSettings> = {}, of: Partial<OpenSshTarget> = {}): string[] {
  return sshArguments({ ...target, ...of }, { ...settings, ...more }, machine, ["-T"]);
}

describe("ssh is told", () => {
  it("where to go last, after what ends its options", () => {
    expect(args().slice(-4)).toEqual(["core", "-T", "--", "10.0.0.5"]);
    expect(args({}, { alias: "-oProxyCommand=id" }).slice(-2)).toEqual(["--", "-oProxyCommand=id"]);
  });

  it("times in whole seconds, and none where there are to be no keepalives", () => {
    expect(args()).toEqual(expect.arrayContaining(["ConnectTimeout=2", "ServerAliveInterval=0"]));
    expect(args({}, { keepaliveMs: 200 })).toContain("ServerAliveInterval=1");
  });

  it("nothing of what the settings leave to the config", () => {
    expect(args().join(" ")).not.toMatch(/-F|-i |UserKnownHostsFile|IdentityAgent|StrictHostKeyChecking/);
  });

  it("the files of the settings, whatever their names hold", () => {
    const told = args({
      configFile: "~/ssh config",
      identityFile: "~/key%h",
      knownHostsFile: "~/known hosts",
    });
    expect(told.slice(0, 4)).toEqual(["-F", "/home/me/ssh config", "-i", "/home/me/key%%h"]);
    expect(told).toContain(String.raw`UserKnownHostsFile="/home/me/known hosts" "/home/me/50%%\""`);
  });

  it("the agent of the settings by the environment, and to speak English", () => {
    expect(args({ agent: "~/agent" })).toContain("IdentityAgent=SSH_AUTH_SOCK");
    expect(sshEnvironment({ ...settings, agent: "~/agent" }, machine)).toEqual({
      SSH_AUTH_SOCK: "/home/me/agent",
      LC_ALL: "C",
    });
    expect(args({ agent: "none" })).toContain("IdentityAgent=none");
    expect(sshEnvironment(settings, machine)["SSH_AUTH_SOCK"]).toBe("/run/agent");
  });
});
