import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  type Node,
  parseDocument,
  visit,
  type YAMLMap,
} from "yaml";

/** Start and end of a text range, in UTF-16 code units; the end is not part of it. */
export type TextRange = readonly [start: number, end: number];

/** A field of a mapping: where its key stands, and its value with aliases followed. */
export interface Field {
  readonly key: TextRange;
  /** Where the value stands; undefined where it is not one word or one quoted text. */
  readonly valueRange: TextRange | undefined;
  readonly value: Node | undefined;
  /** The mapping that the field is written in, which may be one that is merged into another. */
  readonly map: YAMLMap<Node, Node | null>;
  /** Its place among that mapping's entries. */
  readonly index: number;
}

/** Mapping entries looked at for one document; only documents made to be costly (merge keys of merge keys) need more. */
const maxSteps = 500_000;

/** Reads one YAML document with its positions. Knows nothing of Kubernetes. */
export class YamlReader {
  readonly root: Node | undefined;
  readonly #aliased = new Map<Node, Node>();
  readonly #document: Document.Parsed;
  #steps = 0;

  private constructor(document: Document.Parsed) {
    this.#document = document;
    const anchors = new Map<string, Node>();
    // One pass in the document's order, for an alias means the last node so named before it. Alias.resolve() would
    // walk the document for each alias.
    visit(document, {
      Alias: (_, alias) => {
        const anchored = anchors.get(alias.source);
        if (anchored !== undefined) this.#aliased.set(alias, anchored);
      },
      Value: (_, node) => {
        if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
    this.root = document.contents ?? undefined;
  }

  /** undefined where the text is no YAML. */
  static open(text: string): YamlReader | undefined {
    try {
      const document = parseDocument(text, {
        // What kubectl and the API server read: YAML 1.1 in go-yaml's form, with merge keys and "yes" as a boolean.
        version: "1.1",
        // They are not ours to report, and looking for doubles costs the square of the number of keys.
        uniqueKeys: false,
        prettyErrors: false,
        logLevel: "silent",
      });
      return document.errors.length === 0 ? new YamlReader(document) : undefined;
    } catch (thrown) {
      // The parser recurses: absurdly deep nesting ends in a RangeError.
      if (thrown instanceof RangeError) return undefined;
      throw thrown;
    }
  }

  /** Where nodes stand that an alias stands for elsewhere: what changes there, changes in more than one place. */
  get aliased(): readonly TextRange[] {
    return [...new Set(this.#aliased.values())]
      .map((node) => rangeOf(node))
      .filter((range) => range !== undefined);
  }

  /** The document as plain JSON; undefined where it is none, or would be absurdly large. */
  toJson(): string | undefined {
    try {
      // Without a name that is used twice, so that a change in one place stays in that place.
      return JSON.stringify(this.#document.toJS({ maxAliasCount: 100 }));
    } catch {
      // Too many aliases, a value that holds itself, or a merge of what is no mapping: the library has an error for each.
      return undefined;
    }
  }

  /** True once the document has cost more than it may: what was read of it is not complete. */
  get exhausted(): boolean {
    return this.#steps > maxSteps;
  }

  /** The field of a mapping, own before merged, the last of doubles; undefined where there is none. */
  field(node: Node | undefined, name: string): Field | undefined {
    return this.#field(this.#resolve(node), name, new Set());
  }

  /** The items of a sequence, aliases followed; none where it is no sequence. */
  items(node: Node | undefined): readonly Node[] {
    const sequence = this.#resolve(node);
    if (!isSeq<Node>(sequence)) return [];
    return sequence.items.flatMap((item) => this.#resolve(item) ?? []);
  }

  #field(map: Node | undefined, name: string, seen: Set<Node>): Field | undefined {
    if (!isMap<Node, Node | null>(map) || seen.has(map)) return undefined;
    seen.add(map);
    let own: Field | undefined;
    const merged: Node[] = [];
    for (const [index, { key, value }] of map.items.entries()) {
      if (++this.#steps > maxSteps) return undefined;
      const word = this.#resolve(key);
      if (!isScalar(word)) continue;
      if (word.value === name) own = this.#fieldOf(key, value, map, index);
      else if (isMergeKey(word.value)) merged.push(...this.#mergeSources(value));
    }
    if (own !== undefined) return own;
    for (const source of merged) {
      const found = this.#field(source, name, seen);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  #fieldOf(key: Node, value: Node | null, map: YAMLMap<Node, Node | null>, index: number): Field | undefined {
    const keyRange = rangeOf(key);
    if (keyRange === undefined) return undefined;
    const isWord = isScalar(value) || isAlias(value);
    return {
      key: keyRange,
      valueRange: isWord ? rangeOf(value) : undefined,
      value: this.#resolve(value),
      map,
      index,
    };
  }

  /** `<<: *a` and `<<: [*a, *b]` */
  #mergeSources(value: Node | null): readonly Node[] {
    const source = this.#resolve(value);
    if (isMap(source)) return [source];
    return this.items(source);
  }

  #resolve(node: Node | null | undefined): Node | undefined {
    if (node === null || node === undefined) return undefined;
    return isAlias(node) ? this.#aliased.get(node) : node;
  }
}

/** What a value says: a scalar's text, number or boolean, a collection as it is, undefined for null and for nothing. */
export function valueOf(node: Node | undefined): unknown {
  return isScalar(node) ? (node.value ?? undefined) : node;
}

export function isMapping(node: Node | undefined): node is YAMLMap<Node, Node | null> {
  return isMap(node);
}

function isMergeKey(value: unknown): boolean {
  // The parser gives a merge key a symbol for a value, so that a quoted "<<" is not one.
  return typeof value === "symbol" && value.description === "<<";
}

function rangeOf(node: Node): TextRange | undefined {
  const [start, end] = node.range ?? [0, 0];
  return end > start ? [start, end] : undefined;
}
