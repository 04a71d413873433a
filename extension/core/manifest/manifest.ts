import { type DocumentSlice, splitDocuments } from "./documents.ts";
import { type Fix, fixesOf } from "./fixes.ts";
import {
  type FoundTemplate,
  hitsOf,
  type ManifestHit,
  podTemplates,
  type PodTemplate,
} from "./pod-template.ts";
import { type Rejection, rejectionsOf } from "./rejections.ts";
import { coverTemplates } from "./templates.ts";
import { type TextRange, YamlReader } from "./yaml-reader.ts";

/** A longer file is not looked into at all, and a longer document not parsed; in UTF-16 code units. */
const maxFileLength = 1_000_000;
const maxDocumentLength = 256_000;
/** What is told without being asked (all templates, all rejections) costs the whole file, each time it is edited. */
const maxUnaskedLength = 300_000;
/** As many as a person may want to read of one file. */
const maxRejections = 100;

/** What every document with a pod template has, unless it is only begun; others need not be parsed. */
const mark = /ontainers|host(?:Network|PID|IPC|Users)|shareProcessNamespace/;

/** A pod or pod template, and where in the file its object says of what kind it is. */
export interface PlacedTemplate {
  readonly range: TextRange;
  readonly template: PodTemplate;
}

/** A rejection and the document it stands in. */
export type PlacedRejection = Rejection & { readonly slice: DocumentSlice };

/**
 * One version of a YAML (or JSON) file with Kubernetes objects. Each document is parsed when it is first asked about,
 * and once. Never throws: what cannot be read has nothing to explain.
 */
export class Manifest {
  readonly #text: string;
  readonly #slices: readonly DocumentSlice[];
  readonly #found = new Map<DocumentSlice, readonly FoundTemplate[]>();
  #rejections: readonly PlacedRejection[] | undefined;

  constructor(text: string) {
    this.#text = text;
    this.#slices = text.length > maxFileLength ? [] : splitDocuments(text);
  }

  /** What stands at this offset (in UTF-16 code units) of a pod or pod template; undefined where it is anything else. */
  at(offset: number): ManifestHit | undefined {
    const slice = this.#slices.find(({ start, end }) => start <= offset && offset <= end);
    if (slice === undefined) return undefined;
    return this.#templatesIn(slice)
      .flatMap(hitsOf)
      .map((hit) => ({ ...hit, range: moved(hit.range, slice.start) }))
      .find(({ range: [start, end] }) => start <= offset && offset <= end);
  }

  /** Every pod and pod template that has a place of its own; none in a file that is too long to be read unasked. */
  templates(): readonly PlacedTemplate[] {
    return this.#unasked().flatMap((slice) =>
      this.#templatesIn(slice).flatMap(({ kind, name, template }) => {
        const range = (kind ?? name)?.key;
        return range === undefined ? [] : [{ range: moved(range, slice.start), template }];
      }),
    );
  }

  /**
   * What the API server would reject of the fields that decide about a sandbox. Nothing of a file with template actions:
   * what is between them may be rendered or not.
   */
  rejections(): readonly PlacedRejection[] {
    this.#rejections ??= this.#readRejections();
    return this.#rejections;
  }

  /** Edits that mend it, each of which changes one value and nothing else; none where that is not certain. */
  fixes({ slice: { start, end }, changes }: PlacedRejection): readonly Fix[] {
    return fixesOf(this.#text.slice(start, end), changes).map((fix) => ({
      ...fix,
      range: moved(fix.range, start),
    }));
  }

  #readRejections(): readonly PlacedRejection[] {
    const slices = this.#unasked();
    if (slices.length === 0 || coverTemplates(this.#text) !== this.#text) return [];
    return slices
      .flatMap((slice) =>
        this.#templatesIn(slice)
          .flatMap((found) => rejectionsOf(found))
          .map((one) => ({ ...one, slice, range: moved(one.range, slice.start) })),
      )
      .slice(0, maxRejections);
  }

  #unasked(): readonly DocumentSlice[] {
    if (this.#text.length > maxUnaskedLength) return [];
    return this.#slices.filter(({ start, end }) => mark.test(this.#text.slice(start, end)));
  }

  #templatesIn(slice: DocumentSlice): readonly FoundTemplate[] {
    const found = this.#found.get(slice) ?? this.#read(slice);
    this.#found.set(slice, found);
    return found;
  }

  #read({ start, end }: DocumentSlice): readonly FoundTemplate[] {
    if (end - start > maxDocumentLength) return [];
    const text = this.#text.slice(start, end);
    const covered = coverTemplates(text);
    // Braces need not be a template's: JSON ends in "}}", and a command may print "{{".
    const reader = YamlReader.open(covered) ?? (covered === text ? undefined : YamlReader.open(text));
    return reader === undefined ? [] : podTemplates(reader);
  }
}

function moved([start, end]: TextRange, by: number): TextRange {
  return [start + by, end + by];
}
