import { BlockList, isIP } from "node:net";

/** Environment variables by name. */
export type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The proxy for this server from HTTPS_PROXY, HTTP_PROXY and NO_PROXY (or in small letters), read as kubectl reads them
 * (golang.org/x/net/http/httpproxy). Loopback is never asked for through a proxy.
 */
export function proxyFromEnvironment(server: URL, env: Environment): string | undefined {
  const name = server.protocol === "https:" ? "HTTPS_PROXY" : "HTTP_PROXY";
  const proxy = read(env, name);
  if (proxy === undefined) return undefined;
  const host = server.hostname.replaceAll(/^\[|\]$/g, "").toLowerCase();
  if (host === "localhost" || isLoopback(host)) return undefined;
  const port = server.port === "" ? (server.protocol === "https:" ? "443" : "80") : server.port;
  const exceptions = (read(env, "NO_PROXY") ?? "").split(",").map((entry) => entry.trim().toLowerCase());
  if (exceptions.some((entry) => entry !== "" && covers(entry, host, port))) return undefined;
  return proxy.includes("://") ? proxy : `http://${proxy}`;
}

function read(env: Environment, name: string): string | undefined {
  return [env[name], env[name.toLowerCase()]].find((value) => value !== undefined && value !== "");
}

function covers(entry: string, host: string, port: string): boolean {
  if (entry === "*") return true;
  const [, withoutPort = entry, entryPort] = /^([^:]+):(\d+)$/.exec(entry) ?? [];
  if (entryPort !== undefined && entryPort !== port) return false;
  if (isIP(host) !== 0) return coversAddress(withoutPort, host);
  const domain = withoutPort.replace(/^\*?\./, "");
  const exact = !/^\*?\./.test(withoutPort) && host === domain;
  return exact || host.endsWith(`.${domain}`);
}

function coversAddress(entry: string, address: string): boolean {
  const [network = "", bits] = entry.split("/");
  const family = isIP(network);
  if (family === 0 || family !== isIP(address)) return false;
  if (bits === undefined) return network === address;
  const length = Number(bits);
  if (!/^\d{1,3}$/.test(bits) || length > (family === 4 ? 32 : 128)) return false;
  const list = new BlockList();
  list.addSubnet(network, length, family === 4 ? "ipv4" : "ipv6");
  return list.check(address, family === 4 ? "ipv4" : "ipv6");
}

function isLoopback(host: string): boolean {
  return coversAddress("127.0.0.0/8", host) || coversAddress("::1", host);
}
