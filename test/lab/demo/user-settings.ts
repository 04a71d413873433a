import * as z from "zod/mini";

const settingsSchema = z.record(z.string(), z.unknown());

/**
 * The text of a settings.json with our settings in it and all others as they were, or undefined where the text is no
 * plain JSON (a person's comments are not to be lost). Ours from an earlier run that are not given now are removed.
 */
export function mergeSettings(text: string, ours: Readonly<Record<string, unknown>>): string | undefined {
  const others = parse(text);
  if (others === undefined) return undefined;
  const kept = Object.entries(others).filter(([key]) => !key.startsWith("podSandbox."));
  return `${JSON.stringify({ ...Object.fromEntries(kept), ...ours }, null, 2)}\n`;
}

function parse(text: string): Record<string, unknown> | undefined {
  try {
    return settingsSchema.parse(JSON.parse(text));
  } catch {
    return undefined;
  }
}
