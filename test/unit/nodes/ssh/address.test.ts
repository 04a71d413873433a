import fc from "fast-check";
import { isIP } from "node:net";
import { describe, expect, it } from "vitest";
import { SandboxError } from "../../../../extension/core/errors.ts";
import {
  isAddressTemplate,
  isHost,
  nodeAddress,
  parseAddress,
} from "../../../../extension/nodes/ssh/address.ts";
import { defaultSettings, makeNode } from "../../../support/ssh-nodes.ts";

const node = makeNode("worker-1", "10.0.0.5", {
  addresses: [
    { type: "Hostname", address: "worker-1.local" },
    { type: "InternalIP", address: "10.0.0.5" },
    { type: "InternalIP", address: "fd00::5" },
    { type: "ExternalIP", address: "2001:db8::5" },
  ],
});

const at = (addressTemplate: string) => nodeAddress(node, { ...defaultSettings, addressTemplate });

describe("a template of addresses", () => {
  it.each([
    "",
    " ",
    "${name}",
    "${InternalIP}:2222",
    "${name}.nodes.example.com:22",
    "k-${Hostname}",
    "bastion",
  ])("can be %j", (template) => {
    expect(isAddressTemplate(template)).toBe(true);
  });

  it.each([
    "${nmae}",
    "${}",
    "${name",
    "$name",
    "ssh ${name}",
    "${name}:0",
    "[${InternalIP}]:22",
    "-${name}",
    "http://x",
  ])("cannot be %j", (template) => {
    expect(isAddressTemplate(template)).toBe(false);
  });
});

describe("the address of a node", () => {
  it("is the first of the preferred types that it has", () => {
    expect(nodeAddress(node, defaultSettings)).toEqual({ host: "10.0.0.5", port: undefined });
    expect(nodeAddress(node, { ...defaultSettings, addressTypes: ["Hostname", "InternalIP"] }).host).toBe(
      "worker-1.local",
    );
    expect(nodeAddress(node, { ...defaultSettings, addressTypes: ["ExternalIP"] }).host).toBe("2001:db8::5");
  });

  it("comes from the template", () => {
    expect(at("${name}.nodes.example.com:2222")).toEqual({ host: "worker-1.nodes.example.com", port: 2222 });
    expect(at("${ExternalIP}")).toEqual({ host: "2001:db8::5", port: undefined });
    expect(at("${ExternalIP}:2222")).toEqual({ host: "2001:db8::5", port: 2222 });
    expect(at("bastion")).toEqual({ host: "bastion", port: undefined });
  });

  it("is missing where the node has none of them", () => {
    expect(() => nodeAddress(node, { ...defaultSettings, addressTypes: [] })).toThrow(
      expect.objectContaining({
        reason: "node-no-address",
        facts: expect.objectContaining({ node: "worker-1" }),
      }),
    );
    const bare = makeNode("bare", "");
    expect(() => nodeAddress(bare, { ...defaultSettings, addressTemplate: "${Hostname}" })).toThrow(
      expect.objectContaining({ reason: "node-no-address" }),
    );
    expect(() => at("${nonsense}")).toThrow(expect.objectContaining({ reason: "setting-invalid" }));
  });

  it.each([
    "-oProxyCommand=id",
    "a b",
    "a\nb",
    "$(id)",
    "a;b",
    "a/b",
    "user@host",
    "fe80::1%eth0",
    "a:0",
    "a:65536",
    "[a]:1",
    "a:b",
    "",
    "ä",
  ])("is not %j, whoever says so", (text) => {
    expect(parseAddress(text)).toBeUndefined();
    expect(() => nodeAddress(makeNode("n", text), defaultSettings)).toThrow(SandboxError);
  });

  it("is a host name or an IP address and a port, or an error of ours", () => {
    const part = fc.oneof(
      fc.string(),
      fc.domain(),
      fc.ipV4(),
      fc.ipV6(),
      fc.constantFrom(":", "[", "]", "22", "${", "}"),
    );
    fc.assert(
      fc.property(
        fc.array(part).map((parts) => parts.join("")),
        (text) => {
          const address = parseAddress(text);
          if (address === undefined) return;
          expect(isHost(address.host)).toBe(true);
          expect(isIP(address.host) !== 0 || /^[A-Za-z0-9][\w.-]*$/.test(address.host)).toBe(true);
          expect(address.port === undefined || (address.port > 0 && address.port < 65_536)).toBe(true);
        },
      ),
    );
    fc.assert(
      fc.property(fc.string(), fc.string(), (name, template) => {
        try {
          nodeAddress(makeNode(name, "10.0.0.1"), { ...defaultSettings, addressTemplate: template });
        } catch (error) {
          expect(error).toBeInstanceOf(SandboxError);
        }
      }),
    );
  });

  it("takes every domain, with and without port", () => {
    fc.assert(
      fc.property(fc.domain(), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(parseAddress(host)).toEqual({ host, port: undefined });
        expect(parseAddress(`${host}:${port}`)).toEqual({ host, port });
      }),
    );
    fc.assert(
      fc.property(fc.ipV6(), fc.integer({ min: 1, max: 65_535 }), (host, port) => {
        expect(parseAddress(host)).toEqual({ host, port: undefined });
        expect(parseAddress(`[${host}]:${port}`)).toEqual({ host, port });
      }),
    );
  });
});
