/** What a VS Code for the demo needs, browser or desktop. */
export interface WindowOptions {
  /** The packed extension. */
  readonly vsix: string;
  /** Folder to open. */
  readonly workspace: string;
  /** podSandbox.* settings; they change from run to run. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Variables for VS Code and with it the extension. */
  readonly env: Readonly<Record<string, string>>;
}

export interface DemoWindow {
  /** Where people find it: a sentence, and an address where there is one. */
  readonly where: string;
  /** Resolves when there is nothing left to serve. */
  readonly closed: Promise<unknown>;
  stop(): Promise<void>;
}
