import { expect, test } from "vitest";
import { StoredSecrets } from "../../../extension/ui/secret-vault.ts";

function quietLog() {
  const lines: string[] = [];
  const add = (line: string): void => void lines.push(line);
  return { lines, log: { debug: add, info: add, warn: add, error: add } };
}

test("what is written is read, listed by name and forgotten", async () => {
  const stored = new Map<string, string>();
  const { log } = quietLog();
  const vault = new StoredSecrets(
    {
      keys: async () => [...stored.keys()],
      get: async (key) => stored.get(key),
      store: async (key, value) => void stored.set(key, value),
      delete: async (key) => void stored.delete(key),
    },
    log,
  );
  await vault.write("password:a", "hunter2");
  expect(await vault.read("password:a")).toBe("hunter2");
  expect(await vault.keys()).toEqual(["password:a"]);
  await vault.forget("password:a");
  expect(await vault.keys()).toEqual([]);
});

test("a keychain that fails costs nothing but a line in the log, which has no secret", async () => {
  const { lines, log } = quietLog();
  const fail = async (): Promise<never> => {
    throw new Error("the keychain is locked");
  };
  const vault = new StoredSecrets({ keys: fail, get: fail, store: fail, delete: fail }, log);
  expect(await vault.read("password:a")).toBeUndefined();
  await vault.write("password:a", "hunter2");
  await vault.forget("password:a");
  expect(await vault.keys()).toEqual([]);
  expect(lines).toHaveLength(4);
  expect(lines.join("\n")).not.toContain("hunter2");
});
