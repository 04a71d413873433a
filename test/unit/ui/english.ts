import type { L10n } from "../../../extension/ui/row-look.ts";

/** English, with the values put in as VS Code does. */
export const english = {
  t: (message: string, ...values: readonly unknown[]) =>
    message.replaceAll(/\{(\d+)\}/g, (_match, index: string) => String(values[Number(index)])),
} as L10n;
