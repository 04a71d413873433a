import { createServer, connect, type AddressInfo, type Socket } from "node:net";

/** A TCP port that leads to another, as slowly as wanted. */
export interface SlowLink extends AsyncDisposable {
  readonly port: number;
  /** Connections that stand. */
  readonly open: number;
  /** How often the client began to send after the server had: each costs a round trip where the client waits. */
  turns(): number;
  /** Resets the connections of now once the server has sent so many more bytes on one of them. */
  cutAfter(bytes: number): void;
  /** From now on nothing that the server sends arrives, and nobody is told. */
  swallowAnswers(): void;
}

/** A link on 127.0.0.1 to a server; what is sent arrives `delayMs` later, in each direction. */
export async function startSlowLink(
  target: { readonly host: string; readonly port: number },
  delayMs = 0,
): Promise<SlowLink> {
  const ends = new Set<Socket>();
  let turns = 0;
  let last: "client" | "server" = "server";
  let bytesLeft = Number.POSITIVE_INFINITY;
  let swallowing = false;
  let open = 0;

  const later = (action: () => void): void => {
    if (delayMs === 0) action();
    else setTimeout(action, delayMs);
  };
  const join = (from: Socket, to: Socket, seen: (chunk: Buffer) => boolean): void => {
    from.on("data", (chunk) => {
      if (seen(chunk)) later(() => to.writable && to.write(chunk));
    });
    from.on("end", () => later(() => to.end()));
    from.on("error", () => to.destroy());
    from.on("close", () => {
      ends.delete(from);
      later(() => to.destroy());
    });
  };
  const listener = createServer((client) => {
    const server = connect(target);
    for (const end of [client, server]) {
      ends.add(end);
      end.setNoDelay(true);
    }
    open++;
    client.on("close", () => open--);
    join(client, server, () => {
      if (last === "server") turns++;
      last = "client";
      return true;
    });
    join(server, client, (chunk) => {
      last = "server";
      bytesLeft -= chunk.length;
      if (bytesLeft <= 0) {
        client.resetAndDestroy();
        server.destroy();
      }
      return !swallowing;
    });
  });
  await new Promise<void>((resolve) => listener.listen(0, "127.0.0.1", resolve));
  const { port } = listener.address() as AddressInfo;
  return {
    port,
    get open() {
      return open;
    },
    turns: () => turns,
    cutAfter: (bytes) => {
      bytesLeft = bytes;
    },
    swallowAnswers: () => {
      swallowing = true;
    },
    [Symbol.asyncDispose]: async () => {
      for (const end of ends) end.destroy();
      await new Promise<void>((resolve) => listener.close(() => resolve()));
    },
  };
}
