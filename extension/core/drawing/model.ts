import type { Identity } from "../matrix.ts";
import type { NamespaceType } from "../namespaces.ts";

/**
 * The second picture of a report, for documents and talks: Linux namespaces as areas with the containers inside them.
 * Plain data; all lengths in CSS pixels from the top left corner.
 */
export interface Drawing {
  readonly width: number;
  readonly height: number;
  /** What it is a picture of, in a few words. */
  readonly title: string;
  /** All that it shows, for who does not see it. */
  readonly description: string;
  /** Each after the one that it lies in. */
  readonly shapes: readonly Shape[];
  readonly lines: readonly Line[];
  readonly badges: readonly Badge[];
  readonly labels: readonly Label[];
}

export interface Rectangle {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export type Hue = Identity["hue"];

/**
 * - `node`: the node, which everything is in;
 * - `area`: Linux namespaces that the same containers share;
 * - `unseen`: around those that are in none that can be seen;
 * - `container`;
 * - `lane`: one container's part in Linux namespaces that cross others and so cannot be an area.
 */
export interface Shape extends Rectangle {
  readonly kind: "node" | "area" | "unseen" | "container" | "lane";
  /** Index of the shape that it lies in; null for the node. */
  readonly within: number | null;
  readonly hue: Hue | null;
  /** Indices into the report's containers. */
  readonly members: readonly number[];
  /** For `area` and `lane`: which Linux namespaces. */
  readonly joined: readonly Joined[];
  /** `dashed`: no process, or not to be seen; `strong`: holds the sandbox; a severity: something is not as asked for. */
  readonly look: "plain" | "dashed" | "strong" | "warning" | "error";
}

/** A Linux namespace that containers share. */
export interface Joined {
  readonly type: NamespaceType;
  readonly inode: string;
  readonly identity: Identity;
}

export interface Line {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
  /** null for a line that only separates. */
  readonly hue: Hue | null;
}

/** A letter on its hue. */
export interface Badge extends Rectangle {
  readonly letter: string;
  readonly hue: Hue;
  /** Index of the shape that it stands in; null for the page. */
  readonly within: number | null;
}

export type Tone = "text" | "dim" | "warning" | "error";

/** One line of text; `y` is its baseline. */
export interface Label {
  readonly x: number;
  readonly y: number;
  /** Bold words before the text; "" for none. */
  readonly lead: string;
  readonly text: string;
  /** The whole text where `text` is cut short. */
  readonly full: string | null;
  readonly size: number;
  readonly bold: boolean;
  readonly tone: Tone;
  /** At most so wide in any usual font. */
  readonly width: number;
  readonly within: number | null;
}
