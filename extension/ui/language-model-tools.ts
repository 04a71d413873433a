import { randomBytes } from "node:crypto";
import * as vscode from "vscode";
import * as z from "zod/mini";
import type { Clusters } from "../app/clusters.ts";
import type { InspectOptions } from "../app/inspections.ts";
import { listPods } from "../app/list-pods.ts";
import { podsText, reportText, type TextLimits } from "../app/model-text.ts";
import type { NodePlace } from "../app/node-place.ts";
import { podFilter } from "../app/pod-filter.ts";
import { resolveRef } from "../app/resolve-ref.ts";
import type { PodStore } from "../app/store.ts";
import { wayWords } from "../app/ways.ts";
import { errorText } from "../core/error-text.ts";
import { asSandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import type { Way } from "../nodes/access.ts";
import { withSignal } from "./cancellation.ts";
import { parseTarget } from "./target.ts";
import { oneLine } from "./text.ts";

export interface LanguageModelPorts {
  readonly clusters: Clusters;
  readonly store: PodStore;
  /** Throws SandboxError of wrong settings. */
  wayOf(place: NodePlace): Way;
  inspect(ref: PodRef, options: InspectOptions): Promise<SandboxReport>;
  readonly log: Log;
}

const name = z.string().check(z.maxLength(1000));
const listInput = z.object({
  context: z.optional(name),
  namespace: z.optional(name),
  text: z.optional(z.string().check(z.maxLength(300))),
});

/** Tools with which a coding assistant asks what a person can ask here. An editor without such tools is left alone. */
export function registerLanguageModelTools(ports: LanguageModelPorts): vscode.Disposable {
  const { lm }: { readonly lm?: Partial<Pick<typeof vscode.lm, "registerTool">> } = vscode;
  if (typeof lm?.registerTool !== "function") return new vscode.Disposable(() => undefined);
  return vscode.Disposable.from(
    lm.registerTool("podSandbox_listPods", listTool(ports)),
    lm.registerTool("podSandbox_inspect", inspectTool(ports)),
  );
}

function listTool({ clusters, store, log }: LanguageModelPorts): vscode.LanguageModelTool<unknown> {
  const { l10n } = vscode;
  return {
    prepareInvocation: async ({ input }) => {
      const { context, namespace } = listInput.safeParse(input).data ?? {};
      const which = oneLine(context ?? store.context ?? l10n.t("the usual context"));
      return {
        invocationMessage: asText(l10n.t("Listing the pods of {0}", which)),
        confirmationMessages: {
          title: l10n.t("List pods?"),
          message: asText(
            namespace === undefined
              ? l10n.t("Lists the pods of {0} through the Kubernetes API. Nothing is changed.", which)
              : l10n.t(
                  "Lists the pods of the Kubernetes namespace {0} in {1} through the Kubernetes API. Nothing is changed.",
                  oneLine(namespace),
                  which,
                ),
          ),
        },
      };
    },
    invoke: async ({ input, tokenizationOptions }, token) =>
      answered("list pods", log, token, async (signal) => {
        const asked = listInput.safeParse(input).data;
        if (asked === undefined)
          return wrongInput("context, namespace and text are texts, and may be left out");
        const context = asked.context ?? (await store.usualContext());
        const pods = await listPods(await clusters.open(context), asked.namespace, signal);
        const wanted = podFilter(asked.text ?? "");
        const found = wanted === undefined ? pods : pods.filter(wanted);
        return podsText(found, context, limitsOf(tokenizationOptions));
      }),
  };
}

function inspectTool(ports: LanguageModelPorts): vscode.LanguageModelTool<unknown> {
  const { l10n } = vscode;
  return {
    prepareInvocation: async ({ input }, token) => {
      const { pod, where } = await withSignal(token, async (signal) => announced(ports, input, signal));
      return {
        invocationMessage: asText(l10n.t("Inspecting the sandbox of {0}", pod)),
        confirmationMessages: {
          title: l10n.t("Inspect a sandbox?"),
          message: asText(
            l10n.t("Looks up {0} in the Kubernetes API and reads {1}. It only reads.", pod, where),
          ),
        },
      };
    },
    invoke: async ({ input, tokenizationOptions }, token) =>
      answered("inspect", ports.log, token, async (signal) => {
        const ref = await refOf(ports, input);
        return reportText(await ports.inspect(ref, { signal }), limitsOf(tokenizationOptions));
      }),
  };
}

async function refOf({ clusters, store }: LanguageModelPorts, input: unknown): Promise<PodRef> {
  return resolveRef(clusters, parseTarget(input), async () => store.usualContext());
}

/** What a person is asked to agree to. Where it cannot be told which node it is, they are asked all the same. */
async function announced(
  ports: LanguageModelPorts,
  input: unknown,
  signal: AbortSignal,
): Promise<{ readonly pod: string; readonly where: string }> {
  const { l10n } = vscode;
  const unknown = l10n.t("its node");
  let pod = l10n.t("a pod");
  try {
    const ref = await refOf(ports, input);
    pod = oneLine(`${ref.namespace}/${ref.name}`);
    const cluster = await ports.clusters.open(ref.context);
    const { nodeName } = await cluster.getPod(ref.namespace, ref.name, signal);
    if (nodeName === undefined) return { pod, where: unknown };
    const way = ports.wayOf({ context: ref.context, node: nodeName });
    const words = oneLine(wayWords(way, nodeName));
    return { pod, where: l10n.t("the node {0} (over: {1})", oneLine(nodeName), words) };
  } catch (thrown) {
    ports.log.debug(`tool inspect: before asking: ${asSandboxError(thrown).message}`);
    return { pod, where: unknown };
  }
}

/** Errors are answers too: a model cannot do anything with an exception but guess. */
async function answered(
  what: string,
  log: Log,
  token: vscode.CancellationToken,
  run: (signal: AbortSignal) => Promise<string>,
): Promise<vscode.LanguageModelToolResult> {
  try {
    return result(await withSignal(token, run));
  } catch (thrown) {
    const error = asSandboxError(thrown);
    if (error.reason === "cancelled") throw new vscode.CancellationError();
    log.warn(`tool ${what}: ${error.reason}: ${error.message}`);
    const { title, next } = errorText(error);
    return result(`It could not be done (${error.reason}). ${oneLine(title)} What to do: ${oneLine(next)}`);
  }
}

function wrongInput(detail: string): string {
  return `The input is not as the tool's schema has it: ${detail}.`;
}

function result(text: string): vscode.LanguageModelToolResult {
  return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
}

/** Names come from a model or from the cluster: none of it is markup. */
function asText(text: string): vscode.MarkdownString {
  return new vscode.MarkdownString().appendText(text);
}

function limitsOf(options: vscode.LanguageModelToolTokenizationOptions | undefined): TextLimits {
  return { budget: options?.tokenBudget, mark: `data-${randomBytes(8).toString("hex")}` };
}
