import { connect, createServer, type Socket } from "node:net";

/** A line between client and server that a test can hold and cut. */
export interface TcpRelay {
  readonly port: number;
  /** What the server sends on the connections of now stays here, as on a half-open connection. */
  holdAnswers(): void;
  /** Cuts the connections of now. */
  cut(): void;
  close(): Promise<void>;
}

export async function startTcpRelay(targetPort: number): Promise<TcpRelay> {
  const pairs = new Set<{ readonly client: Socket; readonly server: Socket }>();
  const listener = createServer((client) => {
    const server = connect(targetPort, "127.0.0.1");
    const pair = { client, server };
    pairs.add(pair);
    for (const socket of [client, server]) {
      socket.on("error", () => socket.destroy());
      socket.on("close", () => {
        client.destroy();
        server.destroy();
        pairs.delete(pair);
      });
    }
    client.on("data", (data) => server.write(data));
    server.on("data", (data) => client.write(data));
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const address = listener.address();
  const cut = (): void => {
    for (const { client } of pairs) client.destroy();
  };
  return {
    port: typeof address === "object" ? (address?.port ?? 0) : 0,
    holdAnswers: () => {
      for (const { server } of pairs) server.pause();
    },
    cut,
    close: async () => {
      cut();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
