/** A file, folder or symbolic link of an archive. Paths have no leading slash; folders end in one. */
export type TarEntry =
  | { readonly path: string; readonly content: Uint8Array; readonly mode: number }
  | { readonly path: string; readonly linkTo: string }
  | { readonly path: string; readonly folder: true };

const block = 512;

/** Writes a POSIX ustar archive; every path and link is at most 100 bytes long, and all belongs to root. */
export function tar(entries: readonly TarEntry[]): Buffer {
  return Buffer.concat([...entries.flatMap(blocks), Buffer.alloc(2 * block)]);
}

function blocks(entry: TarEntry): Buffer[] {
  if ("linkTo" in entry) return [header(entry.path, "2", 0o777, 0, entry.linkTo)];
  if ("folder" in entry) return [header(entry.path, "5", 0o755, 0, "")];
  const { content } = entry;
  const padding = Buffer.alloc((block - (content.length % block)) % block);
  return [header(entry.path, "0", entry.mode, content.length, ""), Buffer.from(content), padding];
}

function header(path: string, type: string, mode: number, size: number, link: string): Buffer {
  const bytes = Buffer.alloc(block);
  const octal = (value: number, width: number): string => `${value.toString(8).padStart(width - 1, "0")}\0`;
  bytes.write(path, 0, 100);
  bytes.write(octal(mode, 8), 100);
  bytes.write(octal(0, 8), 108);
  bytes.write(octal(0, 8), 116);
  bytes.write(octal(size, 12), 124);
  bytes.write(octal(0, 12), 136);
  bytes.write(" ".repeat(8), 148);
  bytes.write(type, 156);
  bytes.write(link, 157, 100);
  bytes.write("ustar\0", 257);
  bytes.write("00", 263);
  const sum = bytes.reduce((total, byte) => total + byte, 0);
  bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
  return bytes;
}
