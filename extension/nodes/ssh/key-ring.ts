import type { Credential } from "./credentials.ts";
import type * as Library from "../library.ts";
import type { Agent, ParsedKey } from "../library.ts";

/**
 * Credentials as an ssh2 agent. ssh2 offers an agent's public keys one after the other and asks for a signature only
 * when the server takes one: so no passphrase is asked for a key that the server would refuse anyway.
 * `failed` hears why a signature could not be made; ssh2 then goes on to the next key.
 */
export function keyRing(
  library: typeof Library,
  credentials: readonly Credential[],
  failed: (credential: Credential, error: unknown) => void,
): Agent {
  const keys = credentials.flatMap((credential) =>
    credential.publicKey === undefined ? [] : [{ credential, publicKey: credential.publicKey }],
  );

  class KeyRing extends library.BaseAgent<ParsedKey> {
    getIdentities(callback: Library.IdentityCallback<ParsedKey>): void {
      callback(
        null,
        keys.map((key) => key.publicKey),
      );
    }

    sign(
      publicKey: ParsedKey,
      data: Buffer,
      options: Library.SigningRequestOptions | Library.SignCallback,
      callback?: Library.SignCallback,
    ): void {
      const done = typeof options === "function" ? options : callback;
      const hash = typeof options === "function" ? undefined : options.hash;
      const wanted = publicKey.getPublicSSH();
      const key = keys.find((candidate) => candidate.publicKey.getPublicSSH().equals(wanted));
      if (key === undefined || done === undefined) return;
      key.credential.sign(data, hash).then(
        (signature) => done(null, signature),
        (error: unknown) => {
          failed(key.credential, error);
          done(error instanceof Error ? error : new Error("no signature"));
        },
      );
    }
  }

  return new KeyRing();
}
