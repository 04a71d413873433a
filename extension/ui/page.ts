import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import type { PageMessage } from "../protocol/pages.ts";
import { panelHtml } from "./panel-html.ts";

export interface PagePorts<Message> {
  readonly extensionUri: vscode.Uri;
  /** Name of its bundle in dist/, without an ending. */
  readonly bundle: string;
  /** What the page says, parsed, or undefined for what is none of its messages. */
  parse(data: unknown): Message | undefined;
  answer(message: Message): void;
}

/** Built by build.mjs from webview/. */
const builtFolder = "dist";

/** A small page in a webview. It gets its whole state with each change, and whenever it says that it is ready. */
export class Page<State, Message extends { readonly type: string }> {
  readonly #webview: vscode.Webview;
  #state: State;
  #revision = 0;

  constructor(webview: vscode.Webview, state: State, ports: PagePorts<Message>) {
    this.#webview = webview;
    this.#state = state;
    const built = vscode.Uri.joinPath(ports.extensionUri, builtFolder);
    const uriOf = (ending: string): string =>
      webview.asWebviewUri(vscode.Uri.joinPath(built, `${ports.bundle}.${ending}`)).toString();
    webview.onDidReceiveMessage((data: unknown) => {
      const message = ports.parse(data);
      if (message?.type === "ready") this.#send();
      else if (message !== undefined) ports.answer(message);
    });
    webview.options = { enableScripts: true, localResourceRoots: [built] };
    webview.html = panelHtml({
      script: uriOf("js"),
      style: uriOf("css"),
      source: webview.cspSource,
      nonce: randomBytes(18).toString("hex"),
      language: vscode.env.language,
      translations: vscode.l10n.bundle,
    });
  }

  show(state: State): void {
    this.#state = state;
    this.#revision++;
    this.#send();
  }

  #send(): void {
    const message: PageMessage<State> = { type: "state", revision: this.#revision, state: this.#state };
    // A hidden page loses it, and asks when it is shown again.
    void this.#webview.postMessage(message);
  }
}
