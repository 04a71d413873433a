import { expect, test } from "vitest";
import { mergeSettings } from "../../lab/demo/user-settings.ts";

const ours = { "podSandbox.ssh.port": 4022 };

test("the user's settings stay, ours of an earlier run go", () => {
  const before = JSON.stringify({
    "editor.fontSize": 20,
    "podSandbox.ssh.user": "old",
    "podSandbox.ssh.port": 1,
  });
  expect(JSON.parse(mergeSettings(before, ours) ?? "")).toEqual({
    "editor.fontSize": 20,
    "podSandbox.ssh.port": 4022,
  });
});

test.each(['{ // large\n "editor.fontSize": 20 }', "", "[1]", "null", '"x"'])("%j is left alone", (text) => {
  expect(mergeSettings(text, ours)).toBeUndefined();
});
