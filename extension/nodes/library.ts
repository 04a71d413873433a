/**
 * The only door to ssh2. Loaded with `await import("./library.ts")` on first use, so that starting the
 * extension does not pay for it. What is not listed here is not used.
 */
import ssh2 from "ssh2";

// ssh2 is CommonJS with computed exports: Node.js sees no named ones.
export const { BaseAgent, Client, OpenSSHAgent, utils } = ssh2;
export type {
  AnyAuthMethod,
  BaseAgent as Agent,
  Client as SshClient,
  ClientChannel,
  ConnectConfig,
  ExecOptions,
  GetStreamCallback,
  IdentityCallback,
  ParsedKey,
  SignCallback,
  SigningRequestOptions,
} from "ssh2";
