import * as z from "zod/mini";
import type { Arrangement } from "../core/arrange.ts";
import { namespaceTypes } from "../core/namespaces.ts";
import { longestDrawing } from "./limits.ts";
import type { PanelSubject, WebviewMessage } from "./messages.ts";

/** Characters; a command line of "Check it yourself" has fewer than 200, but may name paths of 4,096 bytes. */
const longestText = 100_000;

/** Far more than any pod has containers. */
const mostColumns = 500;
/** Characters: longer than a name of Kubernetes (253) or of a process can be. */
const longestName = 1_000;
const columnNames = z.array(z.string().check(z.maxLength(longestName))).check(z.maxLength(mostColumns));

const arrangement = z.strictObject({ order: columnNames, pinned: columnNames, hidden: columnNames });

const webviewMessage = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("ready") }),
  z.strictObject({ type: z.literal("readAgain") }),
  z.strictObject({ type: z.literal("cancel") }),
  z.strictObject({ type: z.literal("copy"), what: z.enum(["markdown", "json"]) }),
  z.strictObject({ type: z.literal("copyText"), text: z.string().check(z.maxLength(longestText)) }),
  z.strictObject({ type: z.literal("saveSnapshot") }),
  z.strictObject({ type: z.literal("compareWith") }),
  z.strictObject({ type: z.literal("explainFinding"), code: z.string().check(z.maxLength(100)) }),
  z.strictObject({ type: z.literal("chooseWay") }),
  z.strictObject({ type: z.literal("checkAccess") }),
  z.strictObject({ type: z.literal("showLog") }),
  z.strictObject({
    type: z.literal("saveDrawing"),
    format: z.enum(["svg", "png"]),
    data: z.string().check(z.minLength(1), z.maxLength(longestDrawing)),
  }),
  z.strictObject({ type: z.literal("openSettings") }),
  z.strictObject({ type: z.literal("showInNode") }),
  z.strictObject({ type: z.literal("openTerminal") }),
  z.strictObject({ type: z.literal("copyNsenter") }),
  z.strictObject({ type: z.literal("arrange"), arrangement }),
  z.strictObject({
    type: z.literal("explainCell"),
    cell: z.nullable(
      z.strictObject({
        container: z.nullable(z.int().check(z.nonnegative())),
        type: z.enum(namespaceTypes),
      }),
    ),
  }),
  z.strictObject({
    type: z.literal("highlight"),
    namespace: z.nullable(
      z.strictObject({ type: z.enum(namespaceTypes), inode: z.string().check(z.regex(/^\d{1,20}$/)) }),
    ),
  }),
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

/** How the columns of each panel were left, by its key. Whatever else is found there counts as nothing. */
const savedArrangements = z.array(z.tuple([z.string(), arrangement]));

/** What was kept of arrangements, the oldest first: never throws. */
export function parseSavedArrangements(data: unknown): readonly (readonly [string, Arrangement])[] {
  return savedArrangements.safeParse(data).data ?? [];
}
