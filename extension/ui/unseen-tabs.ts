import * as vscode from "vscode";
import * as z from "zod/mini";

const key = "panels";
const savedPanels = z.array(z.object({ title: z.string(), key: z.string() }));

type Saved = z.infer<typeof savedPanels>;

/**
 * The tabs that VS Code brought back and has not shown since. Until it shows one, all it tells of it is its title: what
 * each was about is kept here, so that opening the same thing again does not leave two tabs of it.
 */
export class UnseenTabs {
  readonly #state: vscode.Memento;
  readonly #viewType: string;
  #unseen: Saved;

  constructor(state: vscode.Memento, viewType: string) {
    this.#state = state;
    this.#viewType = viewType;
    this.#unseen = savedPanels.safeParse(state.get<unknown>(key)).data ?? [];
  }

  /** Keeps what the open panels are about, for the next start. */
  keep(open: Saved): void {
    this.#unseen = this.#unseen.filter(
      (unseen) => open.every((panel) => panel.key !== unseen.key) && this.#tabs(unseen.title).length > 0,
    );
    // Nobody waits for it: at worst a tab is left to be closed when it is shown.
    void this.#state.update(key, [...open, ...this.#unseen]);
  }

  /** Closes the tab of this panel where there is one; not where another of the same title might be meant. */
  async close(panel: Saved[number], open: Saved): Promise<void> {
    const named = [...this.#unseen, ...open].filter(({ title }) => title === panel.title);
    if (named.length !== 1 || named[0]?.key !== panel.key) return;
    await vscode.window.tabGroups.close(this.#tabs(panel.title), true);
  }

  #tabs(title: string): vscode.Tab[] {
    return vscode.window.tabGroups.all
      .flatMap((group) => group.tabs)
      .filter(
        ({ label, input }) =>
          label === title &&
          input instanceof vscode.TabInputWebview &&
          // VS Code writes something of its own before it.
          input.viewType.endsWith(this.#viewType),
      );
  }
}
