import { type DocumentSlice, splitDocuments } from "./documents.ts";
import { type ManifestHit, manifestHits } from "./pod-template.ts";
import { coverTemplates } from "./templates.ts";
import { YamlReader } from "./yaml-reader.ts";

/** A longer file is not looked into at all, and a longer document not parsed; in UTF-16 code units. */
const maxFileLength = 1_000_000;
const maxDocumentLength = 256_000;

/**
 * One version of a YAML (or JSON) file with Kubernetes objects. Each document is parsed when it is first asked about,
 * and once. Never throws: what cannot be read has nothing to explain.
 */
export class Manifest {
  readonly #text: string;
  readonly #slices: readonly DocumentSlice[];
  readonly #hits = new Map<DocumentSlice, readonly ManifestHit[]>();

  constructor(text: string) {
    this.#text = text;
    this.#slices = text.length > maxFileLength ? [] : splitDocuments(text);
  }

  /** What stands at this offset (in UTF-16 code units) of a pod or pod template; undefined where it is anything else. */
  at(offset: number): ManifestHit | undefined {
    const slice = this.#slices.find(({ start, end }) => start <= offset && offset <= end);
    if (slice === undefined) return undefined;
    const hits = this.#hits.get(slice) ?? this.#read(slice);
    this.#hits.set(slice, hits);
    return hits.find(({ range: [start, end] }) => start <= offset && offset <= end);
  }

  #read({ start, end }: DocumentSlice): readonly ManifestHit[] {
    if (end - start > maxDocumentLength) return [];
    const text = this.#text.slice(start, end);
    const covered = coverTemplates(text);
    // Braces need not be a template's: JSON ends in "}}", and a command may print "{{".
    const reader = YamlReader.open(covered) ?? (covered === text ? undefined : YamlReader.open(text));
    if (reader === undefined) return [];
    return manifestHits(reader).map((hit) => ({
      ...hit,
      range: [hit.range[0] + start, hit.range[1] + start],
    }));
  }
}
