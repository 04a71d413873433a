import * as z from "zod/mini";
import type { WebviewMessage } from "./messages.ts";

/** Characters; a command line of "Check it yourself" has fewer than 200. */
const longestText = 2_000;

const webviewMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({ type: z.literal("readAgain") }),
  z.strictObject({ type: z.literal("cancel") }),
  z.strictObject({ type: z.literal("copy"), what: z.enum(["markdown", "json"]) }),
  z.strictObject({ type: z.literal("copyText"), text: z.string().check(z.maxLength(longestText)) }),
  z.strictObject({ type: z.literal("saveReport") }),
  z.strictObject({ type: z.literal("explainFinding"), code: z.string().check(z.maxLength(100)) }),
  z.strictObject({ type: z.literal("showLog") }),
  z.strictObject({ type: z.literal("openSettings") }),
]);

/** A message as the webview sends it, or undefined for anything else: never throws. */
export function parseWebviewMessage(data: unknown): WebviewMessage | undefined {
  return webviewMessage.safeParse(data).data;
}
