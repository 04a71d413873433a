import type { Credential } from "./credentials.ts";
import type * as Library from "../library.ts";
import type { Agent, ParsedKey } from "../library.ts";

/** What becomes of a signature that the server wants. */
export interface SigningEvents {
  /** One is on its way. */
  signed(): void;
  /** None could be made; the server is then told nothing, and the next method is chosen. */
  failed(error: unknown): void;
}

/**
 * A credential as an ssh2 agent that holds it alone. ssh2 offers an agent's public key and asks for a signature only
 * when the server takes it: so no passphrase is asked for a key that the server would refuse anyway.
 */
export function agentOf(
  library: typeof Library,
  credential: Credential,
  publicKey: ParsedKey,
  events: SigningEvents,
): Agent {
  class OneKeyAgent extends library.BaseAgent<ParsedKey> {
    getIdentities(callback: Library.IdentityCallback<ParsedKey>): void {
      callback(null, [publicKey]);
    }

    sign(
      _publicKey: ParsedKey,
      data: Buffer,
      options: Library.SigningRequestOptions | Library.SignCallback,
      callback?: Library.SignCallback,
    ): void {
      const done = typeof options === "function" ? options : callback;
      const hash = typeof options === "function" ? undefined : options.hash;
      credential.sign(data, hash).then(
        (signature) => {
          events.signed();
          done?.(null, signature);
        },
        (error: unknown) => {
          events.failed(error);
          done?.(error instanceof Error ? error : new Error("no signature"));
        },
      );
    }
  }

  return new OneKeyAgent();
}
