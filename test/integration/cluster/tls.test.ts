import { readFile } from "node:fs/promises";
import * as https from "node:https";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { openCluster } from "../../../extension/cluster/kubernetes-source.ts";
import type { ClusterSource } from "../../../extension/cluster/source.ts";
import { startLabApi } from "../../lab/api-server.ts";
import { temporaryFile } from "./folder.ts";
import { MemoryLog } from "./memory-log.ts";
import { everythingOf, thrownBy } from "./thrown.ts";

const { signal } = new AbortController();
const pem: Record<string, string> = {};

beforeAll(async () => {
  for (const name of [
    "ca.crt",
    "server.crt",
    "server.key",
    "client.crt",
    "client.key",
    "expired.crt",
    "expired.key",
  ]) {
    pem[name] = await readFile(new URL(`../../fixtures/tls/${name}`, import.meta.url), "utf8");
  }
});

function base64(name: string): string {
  return Buffer.from(pem[name] ?? "").toString("base64");
}

async function open(cluster: Record<string, unknown>, user: Record<string, unknown>): Promise<ClusterSource> {
  const text = JSON.stringify({
    clusters: [{ name: "x", cluster }],
    users: [{ name: "x", user }],
    contexts: [{ name: "x", context: { cluster: "x", user: "x" } }],
  });
  const kubeconfig = await temporaryFile("kubeconfig", text);
  const source = await openCluster({ kubeconfig, pageSize: 500, timeoutMs: 5_000 }, "x", {
    log: new MemoryLog(),
  });
  onTestFinished(() => source.close());
  return source;
}

async function startTls(name: "server" | "expired"): Promise<{ url: string; token: string }> {
  const api = await startLabApi({ tls: { key: pem[`${name}.key`] ?? "", cert: pem[`${name}.crt`] ?? "" } });
  onTestFinished(() => api.close());
  return { url: api.url, token: api.token };
}

describe("TLS", () => {
  test("a server with a certificate of the kubeconfig's authority", async () => {
    const { url, token } = await startTls("server");
    const source = await open({ server: url, "certificate-authority-data": base64("ca.crt") }, { token });
    expect(await source.listNamespaces(signal)).toEqual(["default"]);
  });

  test("a server reached by another name than its certificate's, told with tls-server-name", async () => {
    const { url, token } = await startTls("server");
    const cluster = { server: url, "certificate-authority-data": base64("ca.crt") };
    const right = await open({ ...cluster, "tls-server-name": "api.example.org" }, { token });
    expect(await right.listNamespaces(signal)).toEqual(["default"]);
    const wrong = await open({ ...cluster, "tls-server-name": "other.example.org" }, { token });
    expect((await thrownBy(wrong.listNamespaces(signal))).reason).toBe("api-tls");
  });

  test("a server whose certificate nobody vouches for, unless that is not to be checked", async () => {
    const { url, token } = await startTls("server");
    const careful = await open({ server: url }, { token });
    const error = await thrownBy(careful.listNamespaces(signal));
    expect(error.reason).toBe("api-tls");
    expect(everythingOf(error)).not.toContain(token);
    const careless = await open({ server: url, "insecure-skip-tls-verify": true }, { token });
    expect(await careless.listNamespaces(signal)).toEqual(["default"]);
  });

  test("a server whose certificate has expired", async () => {
    const { url, token } = await startTls("expired");
    const source = await open({ server: url, "certificate-authority-data": base64("ca.crt") }, { token });
    const error = await thrownBy(source.listNamespaces(signal));
    expect(error.reason).toBe("api-tls");
    expect(error.message).toContain("CERT_HAS_EXPIRED");
  });

  test("a server that speaks no TLS", async () => {
    const api = await startLabApi();
    onTestFinished(() => api.close());
    const source = await open({ server: api.url.replace("http:", "https:") }, { token: api.token });
    expect((await thrownBy(source.listNamespaces(signal))).reason).toBe("api-tls");
  });

  test("a client certificate for credentials", async () => {
    const server = https.createServer(
      {
        key: pem["server.key"],
        cert: pem["server.crt"],
        ca: pem["ca.crt"],
        requestCert: true,
        rejectUnauthorized: false,
      },
      (request, response) => {
        const known = "authorized" in request.socket && request.socket.authorized === true;
        response.writeHead(known ? 200 : 401);
        response.end(
          JSON.stringify({ metadata: { resourceVersion: "1" }, items: [{ metadata: { name: "shop" } }] }),
        );
      },
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    const url = `https://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
    const cluster = { server: url, "certificate-authority-data": base64("ca.crt") };
    const known = await open(cluster, {
      "client-certificate-data": base64("client.crt"),
      "client-key-data": base64("client.key"),
    });
    expect(await known.listNamespaces(signal)).toEqual(["shop"]);
    const stranger = await open(cluster, {});
    expect((await thrownBy(stranger.listNamespaces(signal))).reason).toBe("unauthorized");
  });
});
