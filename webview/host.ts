import type { HostMessage, PanelState, WebviewMessage } from "../extension/protocol/messages.ts";
import { isHostMessage, isObject } from "./parse-state.ts";

/** What VS Code gives a webview: messages to the host, and a little state that outlives being hidden. */
interface VsCodeApi {
  postMessage(message: WebviewMessage): void;
  getState(): unknown;
  setState(state: SavedState): void;
}

declare function acquireVsCodeApi(): VsCodeApi;

/**
 * What VS Code keeps while the panel is hidden or VS Code is not running: which sandbox it shows, so that the host can
 * bring it back, and where the reader was. The report is not kept: the host sends it again. Nor is the revision, as
 * a host that started anew counts from the beginning.
 */
export interface SavedState {
  readonly subject: PanelState["subject"];
  readonly scrollTop: number;
}

export type Post = (message: WebviewMessage) => void;

export interface Host {
  readonly post: Post;
  /** Calls back for each message that is newer than all before it. */
  onState(callback: (message: HostMessage) => void): void;
  savedScrollTop(): number;
  save(state: SavedState): void;
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
    savedScrollTop: () => {
      const saved = api.getState();
      return isObject(saved) && typeof saved["scrollTop"] === "number" ? saved["scrollTop"] : 0;
    },
    save: (state) => {
      api.setState(state);
    },
  };
}
