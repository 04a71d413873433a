import type { ServerResponse } from "node:http";

/** One request as the server saw it. */
export interface RequestInfo {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly verb: "get" | "list" | "watch";
  readonly resource: string | undefined;
  readonly namespace: string | undefined;
}

/** Which requests: a field left out matches any. */
export interface RequestRule {
  readonly verb?: RequestInfo["verb"];
  readonly resource?: string;
  /** `null` matches requests for the whole cluster. */
  readonly namespace?: string | null;
}

/** An answer given in place of the real one. */
export interface CannedAnswer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as it is, JSON or not. */
  readonly body: string;
}

/** One live watch stream. */
class WatchStream {
  private readonly response: ServerResponse;
  private readonly isFrozen: () => boolean;
  private dead = false;

  constructor(response: ServerResponse, isFrozen: () => boolean) {
    this.response = response;
    this.isFrozen = isFrozen;
  }

  send(event: unknown): void {
    // What a dead connection has lost does not come later, so neither may a bookmark that would hide it.
    this.dead ||= this.isFrozen();
    if (!this.dead) this.response.write(`${JSON.stringify(event)}\n`);
  }

  write(text: string): void {
    this.response.write(text);
  }

  end(): void {
    this.response.end();
  }

  drop(): void {
    this.response.socket?.destroy();
  }
}

/** What goes wrong between a client and an API server, on demand. */
export class LabFaults {
  readonly streams = new Set<WatchStream>();
  /** How an expired resource version is told to a watch; real servers do both. */
  goneAs: "status" | "event" = "event";
  /** Another token than the server's own; a rotation as it looks to a client with the old one. */
  acceptedToken: string | undefined;
  private readonly onExpire: () => void;
  private forbidden: readonly RequestRule[] = [];
  private canned: { readonly rule: RequestRule; readonly answer: CannedAnswer | "drop"; left: number }[] = [];
  private hanging: RequestRule | undefined;
  private delayMs = 0;
  private frozen = false;

  constructor(onExpire: () => void) {
    this.onExpire = onExpire;
  }

  /** 403 for requests that match one of these. */
  forbid(...rules: readonly RequestRule[]): void {
    this.forbidden = rules;
  }

  /** Requests that match get no answer, until `release`. */
  hang(rule: RequestRule = {}): void {
    this.hanging = rule;
  }

  /** Every answer comes this much later. */
  delay(ms: number): void {
    this.delayMs = ms;
  }

  /** The next requests that match get this answer, or their connection is cut. */
  answerNext(answer: CannedAnswer | "drop", rule: RequestRule = {}, times = 1): void {
    this.canned.push({ rule, answer, left: times });
  }

  /** Forgets history: 410 for older resource versions and for continue tokens. Live streams go on, as on a real server. */
  expireHistory(): void {
    this.onExpire();
  }

  /** Live streams get an ERROR event with this Status object and end. */
  failStreams(status: unknown): void {
    for (const stream of this.streams) {
      stream.write(`${JSON.stringify({ type: "ERROR", object: status })}\n`);
      stream.end();
    }
  }

  /** Cuts the connections of live streams. */
  dropStreams(): void {
    for (const stream of this.streams) stream.drop();
  }

  /** Ends live streams in good order, as a server does at their timeout. */
  endStreams(): void {
    for (const stream of this.streams) stream.end();
  }

  /** Half-open: until `release`, a stream that should carry an event or a bookmark is dead from then on, though connected. */
  freezeStreams(): void {
    this.frozen = true;
  }

  /** Writes this into the live streams. */
  writeToStreams(text: string): void {
    for (const stream of this.streams) stream.write(text);
  }

  /** Ends every fault. */
  release(): void {
    this.forbidden = [];
    this.canned = [];
    this.hanging = undefined;
    this.delayMs = 0;
    this.frozen = false;
    this.acceptedToken = undefined;
  }

  isForbidden(request: RequestInfo): boolean {
    return this.forbidden.some((rule) => matches(rule, request));
  }

  /** For the server: what to do with a request before the real answer. */
  async before(
    request: RequestInfo,
  ): Promise<"hang" | "drop" | { writeTo(response: ServerResponse): void } | undefined> {
    if (this.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, this.delayMs));
    if (this.hanging !== undefined && matches(this.hanging, request)) return "hang";
    const canned = this.canned.find(({ rule, left }) => left > 0 && matches(rule, request));
    if (canned === undefined) return undefined;
    canned.left -= 1;
    const { answer } = canned;
    if (answer === "drop") return "drop";
    return {
      writeTo: (response) => {
        response.writeHead(answer.status, { "content-type": "application/json", ...answer.headers });
        response.end(answer.body);
      },
    };
  }

  /** For the server: a watch has begun. */
  open(response: ServerResponse): WatchStream {
    const stream = new WatchStream(response, () => this.frozen);
    this.streams.add(stream);
    response.on("close", () => this.streams.delete(stream));
    return stream;
  }
}

function matches(rule: RequestRule, request: RequestInfo): boolean {
  return (
    (rule.verb === undefined || rule.verb === request.verb) &&
    (rule.resource === undefined || rule.resource === request.resource) &&
    (rule.namespace === undefined || rule.namespace === (request.namespace ?? null))
  );
}
