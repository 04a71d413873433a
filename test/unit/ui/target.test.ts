import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { SandboxError } from "../../../extension/core/errors.ts";
import { isKubernetesRow, parseTarget } from "../../../extension/ui/target.ts";

const podRow = { kind: "pod", id: "x", context: "lab", namespace: "shop", name: "web", uid: "u" };
const kubernetesRow = {
  nodeType: "resource",
  name: "web",
  namespace: null,
  resourceKind: { manifestKind: "Pod" },
};

describe("parseTarget", () => {
  test.each([
    [
      { namespace: "shop", pod: "web" },
      { context: undefined, namespace: "shop", name: "web" },
    ],
    [
      { context: "a:b/c", namespace: "shop", pod: "web-0.x" },
      { context: "a:b/c", namespace: "shop", name: "web-0.x" },
    ],
    [podRow, { context: "lab", namespace: "shop", name: "web" }],
    [
      { kind: "container", name: "nginx", parent: podRow },
      { context: "lab", namespace: "shop", name: "web" },
    ],
    [
      { kind: "sandbox", parent: podRow },
      { context: "lab", namespace: "shop", name: "web" },
    ],
    [
      { ...podRow, name: "<b>" },
      { context: "lab", namespace: "shop", name: "<b>" },
    ],
    [kubernetesRow, { context: undefined, namespace: undefined, name: "web" }],
    [
      { ...kubernetesRow, resourceKind: undefined, kind: { manifestKind: "Pod" }, namespace: "shop" },
      { context: undefined, namespace: "shop", name: "web" },
    ],
  ])("understands %j", (argument, target) => {
    expect(parseTarget(argument)).toEqual(target);
  });

  test.each([
    undefined,
    "web",
    {},
    { namespace: "shop" },
    { namespace: "Shop", pod: "web" },
    { namespace: "shop", pod: "web; rm -rf /" },
    { namespace: "shop", pod: "../secrets" },
    { namespace: "shop", pod: "a".repeat(254) },
    { context: "", namespace: "shop", pod: "web" },
    { ...kubernetesRow, resourceKind: { manifestKind: "Service" } },
    { nodeType: "resource", name: "web" },
    { kind: "context", context: "lab" },
  ])("refuses %j", (argument) => {
    expect(() => parseTarget(argument)).toThrow(expect.objectContaining({ reason: "bad-argument" }));
  });

  test("throws nothing but its own error", () => {
    fc.assert(
      fc.property(fc.anything(), (argument) => {
        try {
          parseTarget(argument);
        } catch (error) {
          expect(error).toBeInstanceOf(SandboxError);
        }
      }),
    );
  });
});

describe("isKubernetesRow", () => {
  test("tells that extension's rows from ours and from the API's argument", () => {
    expect(isKubernetesRow({ nodeCategory: "kubernetes-explorer-node" })).toBe(true);
    expect(isKubernetesRow(kubernetesRow)).toBe(true);
    expect(isKubernetesRow(podRow)).toBe(false);
    expect(isKubernetesRow({ namespace: "shop", pod: "web" })).toBe(false);
    expect(isKubernetesRow(undefined)).toBe(false);
  });
});
