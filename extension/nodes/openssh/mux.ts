import { connect, type Socket } from "node:net";
import { onAbort, reasonOf } from "../waiting.ts";
import { Fields, Frames, MalformedMessage, string, uint32 } from "./wire.ts";

/** Messages of OpenSSH's PROTOCOL.mux, section 11, and of its mux.c for proxy mode. */
const hello = 0x00000001;
const aliveCheck = 0x10000004;
const proxy = 0x1000000f;
const alive = 0x80000005;
const proxied = 0x8000000f;
const version = 4;

/** No message before proxy mode is longer. */
const maxMessage = 256 * 1024;

/** A line to a running ssh that passes the messages of RFC 4254 on to its server, and the server's to us. */
export interface ProxyLine {
  /** Paused: nothing that came is lost. */
  readonly socket: Socket;
  /** Process of the ssh. */
  readonly pid: number;
}

/**
 * Connects to the socket of an ssh that is a ControlMaster and puts the line in proxy mode (PROTOCOL.mux, section 9;
 * OpenSSH 7.4 and later). As long as it is open that ssh does not end for being idle (clientloop.c, ControlPersist).
 * @throws NodeJS.ErrnoException where nobody listens; MalformedMessage where it cannot do this; why `signal` aborted.
 */
export async function openProxyLine(path: string, signal: AbortSignal): Promise<ProxyLine> {
  const socket = connect(path);
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  const forget = onAbort(signal, () => reject(reasonOf(signal)));
  const frames = new Frames(maxMessage);
  let pid: number | undefined;
  const take = (message: Fields): boolean => {
    const type = message.uint32();
    switch (type) {
      case hello:
        if (message.uint32() !== version) throw new MalformedMessage("another version of the protocol");
        return false;
      case alive:
        message.uint32();
        pid = message.uint32();
        return false;
      case proxied:
        if (pid === undefined) throw new MalformedMessage("it does not tell its process");
        resolve(pid);
        return true;
      default:
        throw new MalformedMessage(
          `it does not share its connection as OpenSSH does since 7.4 (message ${type})`,
        );
    }
  };
  const listen = (chunk: Buffer): void => {
    try {
      frames.add(chunk);
      for (let frame = frames.next(); frame !== undefined; frame = frames.next()) {
        // The server speaks only once we have: nothing follows the answer yet.
        if (take(new Fields(frame))) return;
      }
    } catch (error) {
      reject(error instanceof Error ? error : new MalformedMessage(String(error)));
    }
  };
  const fail = (error: Error): void => reject(error);
  const end = (): void => reject(new MalformedMessage("the line was closed instead of put in proxy mode"));
  socket.on("data", listen).on("error", fail).on("close", end);
  socket.write(
    Buffer.concat([
      string(uint32(hello), uint32(version)),
      string(uint32(aliveCheck), uint32(1)),
      string(uint32(proxy), uint32(2)),
    ]),
  );
  try {
    const process = await promise;
    return { socket: socket.pause(), pid: process };
  } catch (error) {
    socket.destroy();
    throw error;
  } finally {
    forget();
    socket.off("data", listen).off("close", end).off("error", fail);
    // Its end is told by "close".
    socket.on("error", () => {});
  }
}
