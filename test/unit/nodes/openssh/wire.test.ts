import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  Fields,
  Frames,
  MalformedMessage,
  string,
  uint32,
} from "../../../../extension/nodes/openssh/wire.ts";

function framesOf(chunks: readonly Buffer[], maxLength = 1_000): Buffer[] {
  const frames = new Frames(maxLength);
  const found: Buffer[] = [];
  for (const chunk of chunks) {
    frames.add(chunk);
    for (let frame = frames.next(); frame !== undefined; frame = frames.next())
      found.push(Buffer.from(frame));
  }
  return found;
}

const bytes = fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array));

describe("frames", () => {
  it("come out whole, wherever the stream is cut", () => {
    fc.assert(
      fc.property(
        fc.array(bytes),
        fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1 }),
        (sent, sizes) => {
          const stream = Buffer.concat(sent.map((frame) => string(frame)));
          const chunks: Buffer[] = [];
          for (let at = 0, n = 0; at < stream.length; n++) {
            const size = sizes[n % sizes.length] ?? 1;
            chunks.push(stream.subarray(at, at + size));
            at += size;
          }
          expect(framesOf(chunks)).toEqual(sent);
        },
      ),
    );
  });

  it("that are too long are refused before they are there", () => {
    expect(() => framesOf([uint32(1_001)])).toThrow(MalformedMessage);
    expect(framesOf([string(Buffer.alloc(1_000))])).toHaveLength(1);
  });
});

describe("fields", () => {
  it("are read as they were written", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 0xffff_ffff }),
        fc.string({ unit: "grapheme" }),
        bytes,
        (n, text, rest) => {
          const fields = new Fields(Buffer.concat([uint32(n), string(text), Buffer.from([7]), string(rest)]));
          expect([fields.uint32(), fields.text(), fields.byte(), fields.string()]).toEqual([
            n,
            text,
            7,
            rest,
          ]);
        },
      ),
    );
  });

  it("that are not there throw their own error, whatever the bytes", () => {
    const reads = fc.array(fc.constantFrom("byte", "uint32", "string", "text"), { minLength: 1 });
    fc.assert(
      fc.property(bytes, reads, (message, names) => {
        const fields = new Fields(message);
        try {
          for (const name of names) fields[name as "byte"]();
        } catch (error) {
          expect(error).toBeInstanceOf(MalformedMessage);
        }
      }),
    );
  });
});
