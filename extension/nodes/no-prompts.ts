import { SandboxError } from "../core/errors.ts";
import type { SshPrompts } from "./prompts.ts";

/** Asks nobody: what takes an answer ends as `needs-answer`. For work on many nodes, where nobody would know which one asks. */
export const noPrompts: SshPrompts = {
  confirmHostKey: ({ host, keyType, fingerprint }) =>
    needsAnswer(`the host key of ${host} is not known: ${keyType} ${fingerprint}`),
  passphrase: ({ keyFile }) => needsAnswer(`the key ${keyFile} has a passphrase`),
  password: ({ purpose, user, host }) => needsAnswer(`a password of ${user} on ${host} to ${purpose}`),
};

/** @throws SandboxError always. */
export async function needsAnswer(detail: string): Promise<never> {
  throw new SandboxError("needs-answer", detail, { facts: { detail } });
}
