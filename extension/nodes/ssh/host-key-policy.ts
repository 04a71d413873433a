import { join } from "node:path";
import type { Machine } from "../settings.ts";
import { expandHome, type Login } from "./expand.ts";
import { chooseAlgorithms } from "./host-key-algorithms.ts";
import { knownHostName } from "./known-hosts.ts";
import type { ConfigValues } from "./ssh-config.ts";
import type { HostKeyPolicy, UnknownHostKey } from "./target.ts";

/** `no` and `off` let changed keys pass too; here they never do. */
const unknownKey: Readonly<Record<string, UnknownHostKey>> = {
  yes: "refuse",
  ask: "ask",
  "accept-new": "accept",
  no: "accept",
  off: "accept",
};

/**
 * What a configuration says of the host's key. `path` expands ~, tokens and variables; `knownHostsFile` is the setting:
 * it is read first and written to.
 * @throws BadLine.
 */
export function hostKeyPolicy(
  values: ConfigValues,
  { host, port, keyAlias }: Login,
  knownHostsFile: string,
  machine: Machine,
  path: (text: string) => string,
): HostKeyPolicy {
  const configured = filesOf(values, "userknownhostsfile");
  const standard = ["known_hosts", "known_hosts2"].map((name) => join(machine.home, ".ssh", name));
  const system = ["ssh_known_hosts", "ssh_known_hosts2"].map((name) => join(machine.systemFolder, name));
  return {
    name: keyAlias ?? knownHostName(host, port),
    nameWithoutPort: keyAlias ?? host,
    userFiles:
      knownHostsFile === ""
        ? (configured?.map(path) ?? standard)
        : [expandHome(knownHostsFile, machine), ...(configured ?? []).map(path)],
    // There are no tokens in these.
    systemFiles: filesOf(values, "globalknownhostsfile")?.map((file) => expandHome(file, machine)) ?? system,
    unknown: unknownKey[values.first("stricthostkeychecking") ?? "ask"] ?? "ask",
    hashed: values.first("hashknownhosts") === "yes",
    algorithms: chooseAlgorithms(values.first("hostkeyalgorithms")),
  };
}

/** undefined where the keyword is not set. */
function filesOf(values: ConfigValues, keyword: string): readonly string[] | undefined {
  const words = values.all(keyword);
  return words?.[0]?.toLowerCase() === "none" ? [] : words;
}
