import type { Question } from "./api-errors.ts";

/** What is asked, and where. */
export interface ApiRequest extends Question {
  /** From the server's root, such as "/api/v1/pods"; made of constants and checked names only. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string>>;
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

/** undefined for what is not JSON; the parser's message would quote the text. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
