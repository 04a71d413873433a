import type { PodStore, StoreChange } from "../../extension/app/store.ts";
import { GatheredRows } from "../../extension/ui/gathered-rows.ts";
import { groupLook, podLook } from "../../extension/ui/row-look.ts";
import type { GroupRow, Row } from "../../extension/ui/rows.ts";
import { TreeRows, type TreeView } from "../../extension/ui/tree-rows.ts";

/** Draws the sidebar's rows as VS Code asks for them: of what is drawn again, all that is unfolded. */
export class BenchTree {
  readonly rows: TreeRows;
  /** Told after each drawing. */
  onDrawn: (rows: readonly Row[]) => void = () => {};
  readonly #gathered = new GatheredRows((rows) => this.draw(rows ?? this.rows.roots()));
  readonly #unfolded = new Set<string>();
  readonly #listening: { close(): void };

  constructor(store: PodStore, view: Partial<TreeView> = {}) {
    this.rows = new TreeRows(store, { grouping: "namespace", filter: "", restricted: false, ...view });
    this.#listening = store.onChange((change: StoreChange) => this.#gathered.add(this.rows.affected(change)));
  }

  draw(rows: readonly Row[] = this.rows.roots()): void {
    const drawn: Row[] = [];
    const draw = (row: Row): void => {
      drawn.push(row);
      this.#look(row);
      if (row.kind === "context" || this.#unfolded.has(row.id))
        for (const child of this.rows.children(row)) draw(child);
    };
    for (const row of rows) draw(row);
    this.onDrawn(drawn);
  }

  groups(): readonly GroupRow[] {
    return this.rows
      .roots()
      .flatMap((root) => this.rows.children(root))
      .filter((row) => row.kind === "group");
  }

  unfold(name: string): GroupRow {
    const group = this.groups().find((row) => row.name === name);
    if (group === undefined) throw new Error(`no group ${name}`);
    this.#unfolded.add(group.id);
    this.draw([group]);
    return group;
  }

  close(): void {
    this.#listening.close();
    this.#gathered.dispose();
  }

  #look(row: Row): void {
    if (row.kind === "group") groupLook(row.by, row.name, this.rows.count(row));
    else if (row.kind === "pod") {
      const pod = this.rows.pod(row);
      if (pod !== undefined) podLook(pod, row.parent.by);
    }
  }
}
