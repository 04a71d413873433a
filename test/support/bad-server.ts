import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  createConnection,
  createServer,
  type AddressInfo,
  type Server as TcpServer,
  type Socket,
} from "node:net";
import ssh2, { type AuthContext, type Connection, type ServerChannel } from "ssh2";
import { generateSshKey } from "./ssh-key.ts";

/** What a misbehaving server does; where nothing is said it behaves. */
export interface Behaviour {
  /** Private host keys in OpenSSH's format; a new Ed25519 key by default. */
  readonly hostKeys?: readonly string[];
  /** Every attempt to log in, "none" included. By default everybody is let in. */
  readonly onAuth?: (attempt: AuthContext) => void;
  /** A session is asked for. By default it is opened. */
  readonly onSession?: (accept: () => void, reject: () => void) => void;
  /** A command is asked for. By default it is started. */
  readonly onExec?: (accept: () => ServerChannel, connection: Connection, reject: () => void) => void;
}

export interface BadServer extends AsyncDisposable {
  readonly port: number;
  /** A line of known_hosts, without newline. */
  readonly knownHostsLine: string;
  /** Connections that came so far. */
  connections(): number;
  /** Cuts all of them without a goodbye. */
  cut(): void;
}

/** An SSH server made of ssh2 that does as it is told. Each port is a free one of 127.0.0.1. */
export async function startBadServer(behaviour: Behaviour = {}): Promise<BadServer> {
  const made = behaviour.hostKeys ?? [generateSshKey().private];
  const server = new ssh2.Server({ hostKeys: [...made] }, (connection) => {
    connection.on("error", () => {});
    connection.on("authentication", (attempt) => (behaviour.onAuth ?? accept)(attempt));
    connection.on("session", (acceptSession, rejectSession) => {
      const open = (): void => {
        acceptSession().on("exec", (acceptExec, rejectExec) => {
          (behaviour.onExec ?? succeed)(acceptExec, connection, rejectExec);
        });
      };
      (behaviour.onSession ?? ((yes) => yes()))(open, rejectSession);
    });
  });
  const tcp = await startTcp((socket) => server.injectSocket(socket));
  const [first = ""] = made;
  const parsed = ssh2.utils.parseKey(first);
  if (parsed instanceof Error) throw parsed;
  const key = `${parsed.type} ${parsed.getPublicSSH().toString("base64")}`;
  return { ...tcp, knownHostsLine: `[127.0.0.1]:${tcp.port} ${key}` };
}

function accept(attempt: AuthContext): void {
  attempt.accept();
}

function succeed(acceptExec: () => ServerChannel): void {
  const channel = acceptExec();
  channel.write("fine\n");
  channel.exit(0);
  channel.end();
}

/** A TCP server that gives each connection to `onSocket`, and nothing else. */
export async function startTcp(
  onSocket: (socket: Socket) => void,
): Promise<Omit<BadServer, "knownHostsLine">> {
  const sockets = new Set<Socket>();
  let count = 0;
  const server: TcpServer = createServer((socket) => {
    count++;
    sockets.add(socket);
    socket.on("error", () => {}).on("close", () => sockets.delete(socket));
    onSocket(socket);
  }).listen(0, "127.0.0.1");
  await once(server, "listening");
  const cut = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  return {
    port: (server.address() as AddressInfo).port,
    connections: () => count,
    cut,
    [Symbol.asyncDispose]: async () => {
      server.close();
      cut();
      await once(server, "close");
    },
  };
}

/** A port that answers no SYN: its server is stopped and its queue is full. */
export async function startDeafPort(): Promise<AsyncDisposable & { readonly port: number }> {
  const program =
    'require("net").createServer().listen(0, "127.0.0.1", 1, function () { console.log(this.address().port) })';
  const child = spawn(process.execPath, ["-e", program], { stdio: ["ignore", "pipe", "inherit"] });
  const [chunk] = (await once(child.stdout, "data")) as [Buffer];
  const port = Number(chunk.toString());
  child.kill("SIGSTOP");
  // The kernel takes one more than the backlog.
  const fillers = [1, 2].map(() => createConnection(port, "127.0.0.1"));
  await Promise.all(fillers.map((socket) => once(socket, "connect")));
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      for (const socket of fillers) socket.on("error", () => {}).destroy();
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}
