import * as fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorText, type FactName } from "../../../extension/core/error-text.ts";
import { type ErrorReason, isAboutTheWay, SandboxError } from "../../../extension/core/errors.ts";

const reasons = [
  "kubeconfig-missing",
  "kubeconfig-invalid",
  "context-missing",
  "credentials-failed",
  "unauthorized",
  "forbidden",
  "api-unreachable",
  "api-tls",
  "api-timeout",
  "api-error",
  "pod-gone",
  "pod-not-scheduled",
  "pod-finished",
  "pod-windows",
  "node-virtual",
  "node-gone",
  "node-windows",
  "sandbox-gone",
  "node-no-address",
  "ssh-config-invalid",
  "ssh-unresolved",
  "ssh-refused",
  "ssh-timeout",
  "ssh-unreachable",
  "ssh-unsupported",
  "ssh-host-key-unknown",
  "ssh-host-key-changed",
  "ssh-host-key-revoked",
  "ssh-auth-failed",
  "ssh-key-unreadable",
  "ssh-connection-lost",
  "ssh-program",
  "ssh-untrusted",
  "needs-answer",
  "become-password",
  "become-failed",
  "container-engine",
  "container-gone",
  "local-not-node",
  "debug-pod-forbidden",
  "debug-pod-refused",
  "debug-pod-failed",
  "debug-pod-left",
  "node-no-shell",
  "node-other-command",
  "probe-timeout",
  "probe-too-large",
  "probe-output",
  "setting-invalid",
  "snapshot-invalid",
  "bad-argument",
  "cancelled",
  "internal",
] as const satisfies readonly ErrorReason[];
/** Does not compile while a reason is missing above. */
const noneMissing: Exclude<ErrorReason, (typeof reasons)[number]> extends never ? true : false = true;

const allFacts = {
  host: "10.0.0.5",
  port: "2222",
  user: "core",
  node: "worker-1",
  file: "/home/me/.ssh/known_hosts",
  line: "7",
  expected: "SHA256:aaa",
  actual: "SHA256:bbb",
  verb: "list",
  resource: "pods",
  namespace: "shop",
  context: "prod",
  pod: "web",
  command: "aws",
  timeoutSeconds: "30",
  seconds: "12.5",
  detail: "it is a directory.",
  feature: "ProxyCommand",
  tried: "key id_ed25519",
  methods: "publickey",
  setting: "podSandbox.kubeconfig",
  container: "kind-worker",
} satisfies Record<FactName, string>;

/** One or more whole sentences: no gap, no leftover placeholder, no doubled mark. */
const wholeSentences = /^(?!.*(?: {2}| [.,:)]|\.\.|undefined|null|[{}$]|\( ))\S.*\.$/u;

function textOf(reason: ErrorReason, facts: Readonly<Record<string, string>> = {}): string[] {
  return Object.values(errorText(new SandboxError(reason, "detail", { facts })));
}

describe("errorText", () => {
  it.each(reasons)("%s: whole sentences with every fact, with any one, with none", (reason) => {
    const one = Object.entries(allFacts).map(([name, value]) => ({ [name]: value }));
    for (const facts of [{}, allFacts, ...one]) {
      const [title, next] = textOf(reason, facts);
      expect(title).toMatch(wholeSentences);
      expect(next).toMatch(wholeSentences);
    }
  });

  it("tells reasons apart", () => {
    const titles = reasons.map((reason) => textOf(reason)[0]);
    expect(new Set(titles).size).toBe(titles.length);
    expect(noneMissing).toBe(true);
  });

  it("fills in the facts", () => {
    expect(textOf("forbidden", allFacts)[0]).toBe(
      "You are not allowed to list pods in the Kubernetes namespace shop.",
    );
    expect(textOf("pod-gone", allFacts)[0]).toBe("Pod shop/web no longer exists.");
    expect(textOf("ssh-refused", allFacts)[0]).toContain("10.0.0.5, port 2222 (node worker-1)");
    expect(textOf("ssh-auth-failed")[0]).toBe("The node did not let you in.");
    expect(textOf("ssh-host-key-changed", allFacts).join(" ")).toMatch(
      /Known: SHA256:aaa.*Offered: SHA256:bbb/,
    );
  });

  it("gives the cause where only that helps", () => {
    expect(textOf("ssh-key-unreadable", { file: "/k", detail: "it is a directory." })[0]).toBe(
      "The SSH key /k cannot be used: it is a directory.",
    );
    expect(textOf("ssh-unsupported", { host: "h", feature: "ProxyCommand", detail: "x" })[0]).toMatch(
      /: ProxyCommand\.$/,
    );
    expect(textOf("ssh-timeout", { host: "h", seconds: "12.5" })[0]).toContain("within 12.5 s.");
    expect(textOf("ssh-auth-failed", { tried: "agent", methods: "publickey" })[1]).toMatch(
      /Tried: agent\. The server takes: publickey\.$/,
    );
  });

  it("says what to type where that is what helps", () => {
    expect(textOf("debug-pod-left", { pod: "debug-1", namespace: "shop", context: "prod" })[1]).toMatch(
      /: kubectl delete pod debug-1 --namespace shop --context prod\.$/,
    );
    expect(textOf("container-engine", { command: "podman" })[1]).toContain("podman ps must work");
  });

  it("speaks of no way that was not gone", () => {
    for (const reason of ["ssh-connection-lost", "node-no-shell", "probe-timeout", "probe-output"] as const) {
      expect(textOf(reason, { node: "worker-1" }).join(" ")).not.toContain("SSH");
    }
  });

  it("knows no fact by inheritance", () => {
    const heir: Record<string, string> = {};
    Object.setPrototypeOf(heir, { pod: "ghost" });
    expect(textOf("pod-gone", heir)[0]).toBe("The pod no longer exists.");
  });

  it("does not let a fact become a link in a notification", () => {
    expect(textOf("pod-gone", { pod: "[run me](command:evil)" })[0]).not.toContain("](");
  });

  it("keeps any fact to one short printable line", () => {
    const hostile = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("a\nb", "\u202Egnp", "x".repeat(1e5)),
    );
    fc.assert(
      fc.property(fc.constantFrom(...reasons), hostile, (reason, value) => {
        const facts = Object.fromEntries(Object.keys(allFacts).map((name) => [name, value]));
        for (const text of textOf(reason, facts)) {
          expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/u);
          expect(text.length).toBeLessThan(1500);
        }
      }),
    );
  });
});

describe("isAboutTheWay", () => {
  it("is so where another way may lead onto the node", () => {
    expect(isAboutTheWay("ssh-refused")).toBe(true);
    expect(isAboutTheWay("container-gone")).toBe(true);
    expect(isAboutTheWay("debug-pod-refused")).toBe(true);
  });

  it.each([
    "ssh-host-key-changed",
    "ssh-host-key-revoked",
    "ssh-connection-lost",
    "debug-pod-left",
    "probe-timeout",
    "api-unreachable",
    "cancelled",
  ] as const)("is not so of %s", (reason) => {
    expect(isAboutTheWay(reason)).toBe(false);
  });
});
