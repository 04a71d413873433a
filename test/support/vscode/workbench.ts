import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Browser, Frame, Locator, Page } from "playwright-core";
import type { VSCodeServer } from "./start.ts";

/** Longer than any single step takes, on a machine that has other things to do. */
const STEP_TIMEOUT_MS = 20_000;
const SCREENSHOTS = join(import.meta.dirname, "../../output/screenshots");

/** One VS Code window in a browser, and the parts of it that a test uses. */
export class Workbench {
  readonly page: Page;
  readonly quickInput: Locator;
  readonly notifications: Locator;
  readonly dialog: Locator;
  readonly hover: Locator;

  private constructor(page: Page) {
    this.page = page;
    this.quickInput = page.locator(".quick-input-widget:visible");
    this.notifications = page.locator(".notifications-toasts .notification-list-item");
    this.dialog = page.locator(".monaco-dialog-box:visible");
    this.hover = page.locator(".monaco-hover:not(.hidden) .hover-contents");
  }

  /**
   * Opens a window and waits until it can be used.
   *
   * @param language what VS Code takes its language to be, as a language pack would tell it: extensions follow it, while
   *   the workbench's own words stay English without the pack.
   */
  static async open(
    browser: Browser,
    server: Pick<VSCodeServer, "url">,
    language?: string,
  ): Promise<Workbench> {
    const context = await browser.newContext({
      viewport: { width: 1280, height: 900 },
      permissions: ["clipboard-read", "clipboard-write"],
    });
    if (language !== undefined) {
      await context.addInitScript(`globalThis._VSCODE_NLS_LANGUAGE = ${JSON.stringify(language)};`);
    }
    const page = await context.newPage();
    page.setDefaultTimeout(STEP_TIMEOUT_MS);
    await page.goto(server.url);
    await page.locator(".monaco-workbench .activitybar .action-item").first().waitFor();
    return new Workbench(page);
  }

  /** The activity bar's button of a view container. */
  activity(label: string): Locator {
    return this.page.locator(
      `.activitybar .action-item a.action-label[aria-label^=${JSON.stringify(label)}]`,
    );
  }

  /** Notifications that tell an error. */
  problem(): Locator {
    return this.notifications.filter({ has: this.page.locator(".codicon-error") });
  }

  /** Notifications that tell something else. */
  answer(): Locator {
    return this.notifications.filter({ has: this.page.locator(".codicon-info") });
  }

  /** Opens a view by its command and moves the focus into it, by keyboard. */
  async openView(label: string): Promise<TreeView> {
    await this.run(`Focus on ${label} View`);
    const tree = this.tree(label);
    await tree.rows().first().waitFor();
    // The focus was given while there were no rows yet, and went with what stood there.
    await this.page.keyboard.press("Control+0");
    return tree;
  }

  tree(label: string): TreeView {
    return new TreeView(this.page.getByRole("tree", { name: label }));
  }

  /** The buttons of the side bar's welcome text, and the text itself. */
  welcome(): Locator {
    return this.page.locator(".sidebar .welcome-view-content:visible");
  }

  tab(label: string): Locator {
    return this.page.locator(".tabs-container .tab").filter({ hasText: label });
  }

  /** Runs a command through the palette, by keyboard. */
  async run(title: string): Promise<void> {
    await this.page.keyboard.press("F1");
    await this.quickInput.waitFor();
    await this.page.keyboard.type(title);
    await this.focusedPick(title).waitFor();
    await this.page.keyboard.press("Enter");
  }

  /** What Enter would choose: the list may still be that of before the last key. */
  private focusedPick(text: string): Locator {
    return this.quickInput.locator(".quick-input-list .monaco-list-row.focused").filter({ hasText: text });
  }

  /** The rows of the open quick pick. */
  picks(): Locator {
    return this.quickInput.locator(".quick-input-list .monaco-list-row");
  }

  async closeEditors(): Promise<void> {
    await this.run("View: Close All Editors");
    await this.page.locator(".tabs-container .tab").first().waitFor({ state: "detached" });
  }

  /** Opens a workspace file through quick open. */
  async openFile(name: string): Promise<void> {
    await this.page.keyboard.press("Control+P");
    await this.quickInput.waitFor();
    await this.page.keyboard.type(name);
    await this.focusedPick(name).waitFor();
    await this.page.keyboard.press("Enter");
    await this.tab(name).waitFor();
  }

  /** The text editor's cursor goes to a line and column, both from 1. */
  async goTo(line: number, column: number): Promise<void> {
    await this.page.keyboard.press("Control+G");
    await this.quickInput.waitFor();
    await this.page.keyboard.type(`${line}:${column}`);
    await this.picks()
      .filter({ hasText: `line ${line} at column ${column}` })
      .waitFor();
    await this.page.keyboard.press("Enter");
    await this.quickInput.waitFor({ state: "hidden" });
  }

  /**
   * The innermost frame of the visible webview: the document that the extension wrote.
   *
   * @param selector something that is in it once it is drawn.
   */
  async webview(selector: string): Promise<Frame> {
    const inner = this.page.frameLocator("iframe.webview.ready").frameLocator("#active-frame");
    const element = await inner.locator(selector).first().elementHandle();
    const frame = await element?.ownerFrame();
    if (frame === null || frame === undefined) {
      throw new Error("The webview went away while it was looked at.");
    }
    return frame;
  }

  /** Writes `test/output/screenshots/NAME.png`, for a person to look at. */
  async screenshot(name: string): Promise<void> {
    await mkdir(SCREENSHOTS, { recursive: true });
    await this.page.screenshot({ path: join(SCREENSHOTS, `${name}.png`) });
  }

  async close(): Promise<void> {
    await this.page.context().close();
  }
}

/** A tree view. Its list is virtual: only the rows on the screen exist. */
export class TreeView {
  readonly locator: Locator;

  constructor(locator: Locator) {
    this.locator = locator;
  }

  rows(): Locator {
    return this.locator.locator(".monaco-list-row");
  }

  /** The row whose label or description contains a text. */
  row(text: string | RegExp): Locator {
    return this.rows().filter({ hasText: text });
  }

  focused(): Locator {
    return this.locator.locator(".monaco-list-row.focused");
  }

  /**
   * Moves the focus by keyboard, from wherever it is in this tree, down to a row, which may come only while it is looked
   * for: the focus waits at the end.
   */
  async moveTo(text: string | RegExp): Promise<void> {
    const { keyboard } = this.locator.page();
    const wanted = this.focused().filter({ hasText: text });
    await keyboard.press("Home");
    for (let step = 0; step < 500 && (await wanted.count()) === 0; step += 1) {
      await keyboard.press("ArrowDown");
    }
    await wanted.waitFor();
  }
}
