import type { Question } from "./api-errors.ts";
import type { WebSocket } from "./library.ts";

/** What is asked, and where. */
export interface ApiRequest extends Question {
  /** From the server's root, such as "/api/v1/pods"; made of constants and checked names only. */
  readonly path: string;
  /** A list stands for a parameter that is given several times. */
  readonly query?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly body?: unknown;
}

/** Questions to an API server. Both throw SandboxError; an answer that is no success is an ApiStatusError. */
export interface KubeApi {
  /** The answer's body as JSON, not yet checked. */
  json(request: ApiRequest, signal: AbortSignal): Promise<unknown>;
  /**
   * The lines of a watch as they come, until the server ends it. The time limit covers only the wait for the answer to begin;
   * then `onOpen` is called.
   */
  lines(request: ApiRequest, signal: AbortSignal, onOpen: () => void): AsyncIterable<string>;
}

/** Streams both ways to an API server. */
export interface SocketApi {
  /**
   * Opens a WebSocket (RFC 6455) in one of these subprotocols, the first that the server knows. It is paused, so that nothing
   * of it is lost before somebody listens. The time limit and `signal` end with the opening.
   * @throws SandboxError; where the server answers with anything else, an ApiStatusError.
   */
  socket(request: ApiRequest, protocols: readonly string[], signal: AbortSignal): Promise<WebSocket>;
}

/** undefined for what is not JSON; the parser's message would quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
