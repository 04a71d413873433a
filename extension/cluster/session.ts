import type { RequestOptions } from "node:https";
import { SandboxError } from "../core/errors.ts";
import { codeOf, type Server } from "./api-errors.ts";
import { execOf, type ResolvedContext } from "./kubeconfig.ts";
import type { KubeConfig } from "./library.ts";
import { type Environment, proxyFromEnvironment } from "./proxy-environment.ts";

/**
 * Enough for a plugin that asks a cloud for a token; a login in a browser may take longer. It goes on by itself then, and the
 * next attempt finds its result.
 */
const credentialsTimeoutMs = 60_000;

/** One reading of a kubeconfig context: where its API server is and how to be let in. */
export class Session {
  readonly server: Server;
  /** Without a slash at its end; may have a path, as behind Rancher. */
  readonly url: string;
  /** True when requests go through a proxy, with an agent of the library's. */
  readonly proxied: boolean;
  readonly #config: KubeConfig;
  readonly #command: string | undefined;
  #pending: Promise<RequestOptions> | undefined;

  constructor(config: KubeConfig, { context, cluster, user }: ResolvedContext, env: Environment) {
    const url = new URL(cluster.server);
    const secure = url.protocol === "https:";
    const proxyUrl = cluster.proxyUrl || proxyFromEnvironment(url, env);
    this.server = {
      context: context.name,
      host: url.hostname,
      port: url.port === "" ? (secure ? "443" : "80") : url.port,
    };
    this.url = cluster.server.replace(/\/+$/, "");
    this.proxied = proxyUrl !== undefined;
    const exec = execOf(user);
    this.#command = exec?.command;
    this.#config = config;
    config.loadFromOptions({
      // The library refuses plain HTTP unless TLS is not to be checked; without TLS the flag means nothing.
      clusters: [{ ...cluster, skipTLSVerify: cluster.skipTLSVerify || !secure, proxyUrl }],
      // Without any user the library leaves out the certificate authority as well.
      users: [
        exec === undefined
          ? (user ?? { name: "anonymous" })
          : {
              ...user,
              exec: {
                ...exec,
                env: [...(exec.env ?? []), { name: "KUBERNETES_EXEC_INFO", value: execInfo() }],
              },
            },
      ],
      contexts: [{ ...context, user: user?.name ?? "anonymous" }],
      currentContext: context.name,
    });

    /** What a plugin is told, client.authentication.k8s.io; the library leaves it out, and some plugins need it. */
    function execInfo(): string {
      const info = {
        server: cluster.server,
        "tls-server-name": cluster.tlsServerName,
        "insecure-skip-tls-verify": cluster.skipTLSVerify,
        "certificate-authority-data": cluster.caData,
        "proxy-url": cluster.proxyUrl,
      };
      return JSON.stringify({
        apiVersion: exec?.apiVersion ?? "client.authentication.k8s.io/v1",
        kind: "ExecCredential",
        spec: { interactive: false, ...(exec?.provideClusterInfo === true ? { cluster: info } : {}) },
      });
    }
  }

  /**
   * Headers, certificates and agent for one request. May run a credential plugin; requests that come meanwhile wait for the same
   * run. Throws `credentials-failed`, `kubeconfig-invalid`, `cancelled`.
   */
  async requestOptions(signal: AbortSignal): Promise<RequestOptions> {
    this.#pending ??= this.#apply().finally(() => {
      this.#pending = undefined;
    });
    return raced(this.#pending, signal, () =>
      this.#failed(`did not answer within ${credentialsTimeoutMs / 1000} s`),
    );
  }

  async #apply(): Promise<RequestOptions> {
    const options: RequestOptions = {};
    try {
      await this.#config.applyToHTTPSOptions(options);
    } catch (error) {
      if (error instanceof Error && "syscall" in error && !String(error.syscall).startsWith("spawn")) {
        // A certificate or key file; the message is made of the call and the path.
        throw new SandboxError("kubeconfig-invalid", `context "${this.server.context}": ${error.message}`);
      }
      // What a plugin printed may hold a token, and the library makes it the error's message: neither is passed on.
      throw this.#failed(codeOf(error) === "ENOENT" ? "was not found" : "failed or gave no credentials");
    }
    const given = "Authorization" in (options.headers ?? {}) || options.cert !== undefined;
    // Asked without, the server would say "unauthorized", and nobody would think of the plugin.
    if (this.#command !== undefined && !given) throw this.#failed("gave no credentials");
    return options;
  }

  #failed(how: string): SandboxError {
    const { context } = this.server;
    const command = this.#command;
    const what = command === undefined ? "the login of this user" : `the command "${command}"`;
    return new SandboxError("credentials-failed", `context "${context}": ${what} ${how}`, {
      facts: { context, ...(command === undefined ? {} : { command }) },
    });
  }
}

/** The promise's outcome, unless cancelling or the time limit comes first; the promise itself goes on. */
async function raced<T>(promise: Promise<T>, signal: AbortSignal, onTimeout: () => SandboxError): Promise<T> {
  return new Promise<T>((resolve, reject) => {
    const cancel = (): void => settle(() => reject(new SandboxError("cancelled", "cancelled")));
    const timer = setTimeout(() => settle(() => reject(onTimeout())), credentialsTimeoutMs);
    const settle = (finish: () => void): void => {
      clearTimeout(timer);
      signal.removeEventListener("abort", cancel);
      finish();
    };
    promise.then(
      (value) => settle(() => resolve(value)),
      (error: unknown) => settle(() => reject(error)),
    );
    if (signal.aborted) cancel();
    else signal.addEventListener("abort", cancel);
  });
}
