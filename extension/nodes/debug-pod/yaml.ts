/**
 * JSON-like data as YAML 1.2 in block style. Texts that could be read as anything else are quoted as JSON strings,
 * which YAML has too. What JSON has no word for is null.
 */
export function toYaml(value: unknown): string {
  return `${lines(value).join("\n")}\n`;
}

function lines(value: unknown): readonly string[] {
  if (typeof value !== "object" || value === null) return [scalar(value)];
  if (Array.isArray(value)) {
    if (value.length === 0) return ["[]"];
    return value.flatMap((item: unknown) => {
      const [first = "", ...rest] = lines(item);
      return [`- ${first}`, ...rest.map((line) => `  ${line}`)];
    });
  }
  const entries: readonly (readonly [string, unknown])[] = Object.entries(value);
  if (entries.length === 0) return ["{}"];
  return entries.flatMap(([key, item]) => {
    const [first = "", ...rest] = lines(item);
    const isBlock = typeof item === "object" && item !== null && Object.keys(item).length > 0;
    const name = `${text(key)}:`;
    return isBlock ? [name, ...[first, ...rest].map((line) => `  ${line}`)] : [`${name} ${first}`];
  });
}

function scalar(value: unknown): string {
  return typeof value === "string" ? text(value) : (JSON.stringify(value) ?? "null");
}

/** Plain where it begins with a letter or a slash, has nothing of YAML's own, and is no word of YAML 1.1 or 1.2. */
function text(value: string): string {
  const plain = /^[A-Za-z/][A-Za-z0-9./_-]*$/.test(value);
  return plain && !/^(y|n|yes|no|on|off|true|false|null)$/i.test(value) ? value : JSON.stringify(value);
}
