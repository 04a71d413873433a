import type { PageMessage } from "../extension/protocol/pages.ts";
import type { Keeping } from "./kept.ts";

/** What VS Code gives a webview. */
interface VsCodeApi {
  postMessage(message: unknown): void;
  getState(): unknown;
  setState(state: object): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

export interface PageHost<State, Message> extends Keeping {
  readonly post: (message: Message) => void;
  /** Calls back for each state that is newer than all before it. */
  onState(callback: (state: State) => void): void;
}

/** Connects a small page to its host. To be called once: VS Code gives its API out a single time. */
export function connectPage<State, Message>(): PageHost<State, Message> {
  const api = acquireVsCodeApi();
  let newest = -1;
  return {
    post: (message) => {
      api.postMessage(message);
    },
    onState: (callback) => {
      window.addEventListener("message", ({ data }: MessageEvent<unknown>) => {
        if (!isPageMessage<State>(data) || data.revision <= newest) return;
        newest = data.revision;
        callback(data.state);
      });
    },
    saved: () => api.getState(),
    save: (state) => {
      api.setState(state);
    },
  };
}

/** Other senders share the channel (VS Code's own frame); the state itself is our host's and is trusted in shape. */
function isPageMessage<State>(data: unknown): data is PageMessage<State> {
  return (
    typeof data === "object" &&
    data !== null &&
    "type" in data &&
    data.type === "state" &&
    "revision" in data &&
    typeof data.revision === "number" &&
    "state" in data &&
    typeof data.state === "object" &&
    data.state !== null
  );
}
