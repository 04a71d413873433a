import { SandboxError } from "../core/errors.ts";

/** DNS-1123 names, which all that is asked for here has: nothing of them needs escaping in a path, and ".." is none. */
export function isName(name: string): boolean {
  return name.length <= 253 && /^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/.test(name);
}

/** The name where it is one. @throws SandboxError `bad-argument`. */
export function checked(name: string): string {
  if (isName(name)) return name;
  throw new SandboxError("bad-argument", `not a name in Kubernetes: ${JSON.stringify(name.slice(0, 253))}`, {
    facts: { actual: name },
  });
}
