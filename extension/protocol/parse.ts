import * as z from "zod/mini";
import type { PanelSubject, WebviewMessage } from "./messages.ts";

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
  z.strictObject({ type: z.literal("chooseWay") }),
  z.strictObject({ type: z.literal("checkAccess") }),
  z.strictObject({ type: z.literal("showLog") }),
  z.strictObject({ type: z.literal("openSettings") }),
]);

/** A message as the webview sends it, or undefined for anything else: never throws. */
export function parseWebviewMessage(data: unknown): WebviewMessage | undefined {
  return webviewMessage.safeParse(data).data;
}

const named = z.string().check(z.minLength(1), z.maxLength(1000));

/** What a panel's webview keeps while VS Code is not running: what it is about, and no report. */
const savedState = z.object({
  subject: z.discriminatedUnion("kind", [
    z.object({
      kind: z.literal("pod"),
      context: named,
      namespace: z.string().check(z.minLength(1), z.maxLength(63)),
      name: z.string().check(z.minLength(1), z.maxLength(253)),
    }),
    z.object({
      kind: z.literal("other"),
      context: z.nullable(named),
      node: named,
      key: named,
      title: named,
    }),
  ]),
});

/** What a panel was about when VS Code was closed, or undefined for anything else: never throws. */
export function parseSavedSubject(data: unknown): PanelSubject | undefined {
  return savedState.safeParse(data).data?.subject;
}
