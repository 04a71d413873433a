/** A message that is not what the protocol says. */
export class MalformedMessage extends Error {
  override readonly name = "MalformedMessage";
}

/** uint32 of RFC 4251 5, big-endian. */
export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

/** A string of RFC 4251 5, which is a frame as well: its length in bytes, then these. Text becomes UTF-8. */
export function string(...parts: readonly (Buffer | string)[]): Buffer {
  const content = Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : part)));
  return Buffer.concat([uint32(content.length), content]);
}

/** Reads the fields of one message in order. Each throws MalformedMessage where the message ends too early. */
export class Fields {
  readonly #bytes: Buffer;
  #at = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  byte(): number {
    return this.#take(1).readUInt8();
  }

  uint32(): number {
    return this.#take(4).readUInt32BE();
  }

  string(): Buffer {
    return this.#take(this.uint32());
  }

  text(): string {
    return this.string().toString("utf8");
  }

  #take(length: number): Buffer {
    const end = this.#at + length;
    if (end > this.#bytes.length) throw new MalformedMessage(`message of ${this.#bytes.length} bytes cut`);
    const taken = this.#bytes.subarray(this.#at, end);
    this.#at = end;
    return taken;
  }
}

/** Cuts a stream into its frames, each a uint32 length and that many bytes. */
export class Frames {
  readonly #maxLength: number;
  #chunks: Buffer[] = [];
  #length = 0;

  /** @param maxLength of a frame in bytes, without its length field. */
  constructor(maxLength: number) {
    this.#maxLength = maxLength;
  }

  add(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next whole frame, or undefined until more is there. @throws MalformedMessage for one that is too long. */
  next(): Buffer | undefined {
    if (this.#length < 4) return undefined;
    // The chunks are joined once a frame is whole, not at each of them: a frame may come in many.
    const header = this.#chunks[0]?.length ?? 0;
    const length = (header >= 4 ? this.#chunks[0] : this.#joined())?.readUInt32BE() ?? 0;
    if (length > this.#maxLength) throw new MalformedMessage(`message of ${length} bytes`);
    if (this.#length < 4 + length) return undefined;
    const bytes = this.#joined();
    const rest = bytes.subarray(4 + length);
    this.#chunks = rest.length === 0 ? [] : [rest];
    this.#length = rest.length;
    return bytes.subarray(4, 4 + length);
  }

  #joined(): Buffer {
    const [only] = this.#chunks;
    if (this.#chunks.length === 1 && only !== undefined) return only;
    const joined = Buffer.concat(this.#chunks);
    this.#chunks = [joined];
    return joined;
  }
}
