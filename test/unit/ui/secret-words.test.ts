import { expect, test } from "vitest";
import { secretWords } from "../../../extension/ui/secret-words.ts";

const bastion = JSON.stringify(["me", "bastion", 2222, "", ""]);

test.each([
  ["passphrase:/home/me/.ssh/id", "Passphrase of an SSH key", "/home/me/.ssh/id"],
  [`password:${bastion}`, "Password for SSH", "me@bastion:2222"],
  [
    `root:ssh ${JSON.stringify(["core", "10.0.0.7", 22, "alias", bastion])}`,
    "Password for becoming root",
    "core@10.0.0.7:22, through me@bastion:2222",
  ],
  [
    `root:openssh ${JSON.stringify(["core", "10.0.0.7", 22, "", "nc 10.0.0.7 22"])}`,
    "Password for becoming root",
    "core@10.0.0.7:22, through nc 10.0.0.7 22",
  ],
  ["root:local worker-1", "Password for becoming root", "worker-1"],
  ["else:$(bug)", "Secret", "bug"],
])("a kept secret is named by what it is for: %s", (key, label, description) => {
  const words = secretWords(key);
  expect(words.label).toBe(label);
  expect(words.description).toContain(description);
});
