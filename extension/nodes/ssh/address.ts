import { isIP } from "node:net";
import { SandboxError } from "../../core/errors.ts";
import type { ClusterNode } from "../../core/pod.ts";
import type { SshSettings } from "../settings.ts";

/** Where a node's SSH server is said to be. */
export interface Address {
  /** A host name or an IP address without brackets, checked. */
  readonly host: string;
  readonly port: number | undefined;
}

/** Letters, digits, dots, hyphens and underscores; begins and ends with a letter or digit, so it is never an option. */
const hostName = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/;

/** A host name or IP address that may be given to the resolver; what a Node object says is untrusted. */
export function isHost(text: string): boolean {
  // A zone index (fe80::1%eth0) means something on this machine only: no node can know it.
  return (isIP(text) !== 0 && !text.includes("%")) || hostName.test(text);
}

/** Parses "host", "host:port", "[v6]:port" or a bare IPv6 address; undefined when it is none of these. */
export function parseAddress(text: string): Address | undefined {
  if (isIP(text) === 6) return isHost(text) ? { host: text, port: undefined } : undefined;
  const [, bracketed, plain = "", digits] = /^(?:\[([^\]]*)\]|([^:]*))(?::(\d{1,5}))?$/.exec(text) ?? [];
  if (bracketed !== undefined && isIP(bracketed) !== 6) return undefined;
  const host = bracketed ?? plain;
  const port = digits === undefined ? undefined : Number(digits);
  if (!isHost(host) || port === 0 || (port !== undefined && port > 65_535)) return undefined;
  return { host, port };
}

/**
 * The address of a node, from its Node object and the settings.
 * @throws SandboxError `node-no-address` (facts: node, and detail) when there is none to use,
 * `setting-invalid` (facts: setting, expected) when the template cannot be understood.
 */
export function nodeAddress(node: ClusterNode, settings: SshSettings): Address {
  const template = settings.addressTemplate.trim();
  const text = template === "" ? preferred(node, settings) : fillIn(template, node);
  const address = parseAddress(text);
  if (address === undefined) {
    throw noAddress(node, `${JSON.stringify(text)} is no host name, IP address or host:port`);
  }
  return address;
}

/** Whether an address can be made from a template, whatever node it is for; "" = the Node object's own is taken. */
export function isAddressTemplate(template: string): boolean {
  const filled = template.trim().replaceAll(/\$\{(?:name|InternalIP|ExternalIP|Hostname)\}/g, "x");
  return filled === "" || parseAddress(filled) !== undefined;
}

function preferred(node: ClusterNode, settings: SshSettings): string {
  for (const type of settings.addressTypes) {
    const address = addressOf(node, type);
    if (address !== undefined) return address;
  }
  throw noAddress(node, `it has none of the types ${settings.addressTypes.join(", ")}`);
}

function fillIn(template: string, node: ClusterNode): string {
  return template.replaceAll(/\$\{([^}]*)\}/g, (_placeholder, name: string) => {
    switch (name) {
      case "name":
        return node.name;
      case "InternalIP":
      case "ExternalIP":
      case "Hostname": {
        const address = addressOf(node, name);
        if (address === undefined) throw noAddress(node, `the template wants ${name} and it has none`);
        return isIP(address) === 6 && template !== `\${${name}}` ? `[${address}]` : address;
      }
      default:
        throw new SandboxError("setting-invalid", `unknown placeholder in the address template: ${name}`, {
          facts: {
            setting: "podSandbox.ssh.addressTemplate",
            expected: "only ${name}, ${InternalIP}, ${ExternalIP} and ${Hostname} are known",
          },
        });
    }
  });
}

function addressOf(node: ClusterNode, type: string): string | undefined {
  return node.addresses.find((address) => address.type === type && address.address !== "")?.address;
}

function noAddress(node: ClusterNode, detail: string): SandboxError {
  return new SandboxError("node-no-address", `node ${JSON.stringify(node.name)}: ${detail}`, {
    facts: { node: node.name, detail },
  });
}
