import type { HostMessage, WebviewMessage } from "../extension/protocol/messages.ts";
import type { Keeping } from "./kept.ts";
import { isHostMessage } from "./parse-state.ts";

/** What VS Code gives a webview: messages to the host, and a little state that outlives being hidden. */
interface VsCodeApi {
  postMessage(message: WebviewMessage): void;
  getState(): unknown;
  setState(state: object): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export type Post = (message: WebviewMessage) => void;

export interface Host extends Keeping {
  readonly post: Post;
  /** Calls back for each message that is newer than all before it. */
  onState(callback: (message: HostMessage) => void): void;
}

/** To be called once: VS Code gives its API out a single time. */
export function connectHost(): Host {
  const api = acquireVsCodeApi();
  let newest = -1;
  return {
    post: (message) => {
      api.postMessage(message);
    },
    onState: (callback) => {
      window.addEventListener("message", (event: MessageEvent<unknown>) => {
        const message = event.data;
        if (!isHostMessage(message) || message.revision <= newest) return;
        newest = message.revision;
        callback(message);
      });
    },
    saved: () => api.getState(),
    save: (state) => {
      api.setState(state);
    },
  };
}
