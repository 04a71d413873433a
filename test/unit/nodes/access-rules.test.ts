import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { AccessRule, Become, Way } from "../../../extension/nodes/access.ts";
import {
  becomeText,
  parseBecome,
  parseWay,
  plainWay,
  ruledWay,
} from "../../../extension/nodes/access-rules.ts";

const debugPod: Way = { kind: "debugPod", namespace: undefined, image: undefined };
const local: Way = { kind: "local", become: undefined };
const docker: Way = { kind: "container", engine: "docker", container: "${name}" };

describe("ruledWay", () => {
  const rules: readonly AccessRule[] = [
    { context: "kind-*", node: "*", way: docker },
    { context: "", node: "?b", way: local },
    { context: "prod", node: "gpu-??", way: debugPod },
  ];
  test.each([
    ["kind-dev", "dev-worker", docker],
    ["my-kind-dev", "dev-worker", undefined],
    [null, "ab", local],
    [null, "aab", undefined],
    ["prod", "ab", undefined],
    ["prod", "gpu-01", debugPod],
    ["prod", "gpu-001", undefined],
    ["PROD", "gpu-01", undefined],
  ])("of %s, %s", (context, node, way) => {
    expect(ruledWay(rules, { context, node })).toEqual(way);
  });

  test("the first that matches holds", () => {
    const all = { context: "*", node: "*" };
    expect(
      ruledWay(
        [
          { ...all, way: local },
          { ...all, way: debugPod },
        ],
        { context: null, node: "x" },
      ),
    ).toEqual(local);
  });
});

describe("parseBecome", () => {
  test.each(["auto", "never", "sudo", "doas"] as const)("%s", (kind) => {
    expect(parseBecome(` ${kind} `)).toEqual({ kind });
  });

  test.each([
    "pfexec ${command}",
    "sudo -u root -S -p ${prompt} -- ${command}",
    `su root -c 'exec "$0" "$@"' \${command}`,
    String.raw`odd\ name \' ${"${command}"}`,
    `"it's" \${command}`,
  ])("takes the template %s", (template) => {
    expect(parseBecome(template)).toEqual({ kind: "template", template });
  });

  test.each([
    ["nothing", ""],
    ["no command", "sudo -i"],
    ["two commands", "a ${command} b ${command}"],
    ["two prompts", "a ${prompt} ${prompt} ${command}"],
    ["a command in quotes", 'su -c "${command}"'],
    ["a command in other quotes", "su -c 'exec ${command}'"],
    ["a prompt in quotes", "sudo -p '${prompt}' ${command}"],
    ["a command behind a backslash", "sudo \\${command}"],
    ["a quote that is not closed", "sudo ' ${command}"],
    ["a quote behind the command that is not closed", 'sudo ${command} "'],
    ["a backslash at the end", "sudo ${command} \\"],
    ["two lines", "sudo\n${command}"],
  ])("refuses %s", (_what, template) => {
    expect(parseBecome(template)).toBeUndefined();
  });

  test("what it takes is read the same again", () => {
    const piece = fc.constantFrom("sudo", "auto", " ", "'", '"', "\\", "${command}", "${prompt}", "x", "`");
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), (pieces) => {
        const become = parseBecome(pieces.join(""));
        if (become !== undefined) expect(parseBecome(becomeText(become))).toEqual(become);
      }),
    );
  });
});

const becomes: fc.Arbitrary<Become | undefined> = fc.constantFrom<Become | undefined>(
  undefined,
  { kind: "auto" },
  { kind: "sudo" },
  { kind: "template", template: "pfexec ${command}" },
);
const texts = fc.option(fc.string(), { nil: undefined });
const ways: fc.Arbitrary<Way> = fc.oneof(
  fc.record({
    kind: fc.constant("ssh" as const),
    client: fc.constantFrom(undefined, "auto" as const, "builtin" as const, "openssh" as const),
    user: texts,
    port: fc.option(fc.integer({ min: 1, max: 65_535 }), { nil: undefined }),
    address: texts,
    become: becomes,
  }),
  fc.record({ kind: fc.constant("local" as const), become: becomes }),
  fc.record({
    kind: fc.constant("container" as const),
    engine: fc.constantFrom("docker" as const, "podman" as const, "nerdctl" as const),
    container: fc.constantFrom("${name}", "node", "k3d-${name}", "${name}.old"),
  }),
  fc.record({ kind: fc.constant("debugPod" as const), namespace: texts, image: texts }),
);

describe("parseWay", () => {
  test("reads what was remembered", () => {
    fc.assert(
      fc.property(ways, (way) => {
        expect(parseWay(JSON.parse(JSON.stringify(plainWay(way))))).toEqual(way);
      }),
    );
  });

  test.each([
    ["nothing", undefined],
    ["a text", "ssh"],
    ["a list", ["ssh"]],
    ["another kind", { kind: "telnet" }],
    ["another engine", { kind: "container", engine: "rkt", container: "a" }],
    ["an option for a container", { kind: "container", engine: "docker", container: "--privileged" }],
    ["no container", { kind: "container", engine: "docker" }],
    ["a become that is none", { kind: "local", become: "whatever" }],
    ["a become that is no text", { kind: "ssh", become: { kind: "sudo" } }],
  ])("is none of %s", (_what, value) => {
    expect(parseWay(value)).toBeUndefined();
  });

  test("drops a port that is none", () => {
    expect(parseWay({ kind: "ssh", port: 70_000 })).toMatchObject({ kind: "ssh", port: undefined });
  });

  test("throws nothing", () => {
    fc.assert(
      fc.property(fc.oneof(fc.anything(), fc.object({ key: fc.constantFrom("kind", "become") })), (value) => {
        expect(() => parseWay(value)).not.toThrow();
      }),
    );
  });
});
