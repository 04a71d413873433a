import { Agent, request } from "node:https";

export interface ApiAnswer {
  readonly status: number;
  /** Parsed JSON, or the text itself where it is none. */
  readonly body: unknown;
}

/** A bare client of a Kubernetes API server, independent of the product's. */
export class ApiClient {
  readonly #url: string;
  readonly #token: string;
  readonly #ca: string;
  readonly #agent: Agent;

  constructor(options: { readonly url: string; readonly token: string; readonly ca: string }) {
    this.#url = options.url;
    this.#token = options.token;
    this.#ca = options.ca;
    this.#agent = new Agent({ keepAlive: true });
  }

  get(path: string): Promise<ApiAnswer> {
    return this.send("GET", path);
  }

  /** As `get`, and an error unless the status is 2xx. */
  async read(path: string): Promise<unknown> {
    return accepted("GET", path, await this.send("GET", path));
  }

  async create(path: string, body: unknown): Promise<unknown> {
    return accepted("POST", path, await this.send("POST", path, body));
  }

  async replace(path: string, body: unknown): Promise<unknown> {
    return accepted("PUT", path, await this.send("PUT", path, body));
  }

  /** Deletes; that there is nothing to delete is no error. */
  async remove(path: string, options: unknown = {}): Promise<void> {
    const answer = await this.send("DELETE", path, options);
    if (answer.status !== 404) accepted("DELETE", path, answer);
  }

  send(method: string, path: string, body?: unknown): Promise<ApiAnswer> {
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(path, this.#url), {
        method,
        agent: this.#agent,
        ca: this.#ca,
        headers: { authorization: `Bearer ${this.#token}`, "content-type": "application/json" },
      });
      outgoing.once("error", reject);
      outgoing.once("response", (incoming) => {
        let text = "";
        incoming.setEncoding("utf8");
        incoming.on("data", (chunk: string) => {
          text += chunk;
        });
        incoming.once("error", reject);
        incoming.once("end", () => resolve({ status: incoming.statusCode ?? 0, body: parse(text) }));
      });
      outgoing.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function accepted(method: string, path: string, answer: ApiAnswer): unknown {
  if (answer.status >= 200 && answer.status < 300) return answer.body;
  throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body).slice(0, 2_000)}`);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
