import * as vscode from "vscode";
import * as z from "zod/mini";
import type { InspectTarget, PodSandboxApi } from "./api.ts";
import { checkAccess } from "./app/check-access.ts";
import { Clusters } from "./app/clusters.ts";
import { cleanUpDebugPods } from "./app/debug-pod-cleanup.ts";
import { inspectSandbox } from "./app/inspect.ts";
import { type InspectOptions, Inspections } from "./app/inspections.ts";
import { NodeList } from "./app/node-list.ts";
import { nodeAt } from "./app/node-place.ts";
import { NodeReadings } from "./app/node-readings.ts";
import { NodeStates } from "./app/node-states.ts";
import { type Nodes, ReopeningNodes } from "./app/nodes.ts";
import { placedTransport } from "./app/placed-transport.ts";
import { resolveRef } from "./app/resolve-ref.ts";
import { PastReports } from "./app/past-reports.ts";
import { PodStore } from "./app/store.ts";
import { readAllNodes } from "./app/read-all-nodes.ts";
import { ChosenWays } from "./app/ways.ts";
import type { ClusterNode } from "./core/pod.ts";
import type { AnyReport } from "./core/report.ts";
import { DebugPodLedger } from "./nodes/debug-pod/ledger.ts";
import { newOwner } from "./nodes/debug-pod/owner.ts";
import type { PodApi } from "./nodes/pod-api.ts";
import type { NodeWaysPorts } from "./nodes/ways.ts";
import type { SshHost } from "./nodes/ssh/ssh-host.ts";
import type { TerminalTransport } from "./nodes/transport.ts";
import type { PanelSubject } from "./protocol/messages.ts";
import { Arrangements } from "./ui/arrangements.ts";
import { type ComparePorts, compareWith } from "./ui/compare.ts";
import { Comparisons } from "./ui/comparison-panel.ts";
import { registerCommands } from "./ui/commands.ts";
import { DebugPodConsent } from "./ui/debug-pod-consent.ts";
import { DebugPodStatus } from "./ui/debug-pod-status.ts";
import { Disposables } from "./ui/disposables.ts";
import { type ErrorActions, guarded } from "./ui/errors.ts";
import { registerLanguageModelTools } from "./ui/language-model-tools.ts";
import { Lesson } from "./ui/lesson.ts";
import { createLog } from "./ui/log.ts";
import { hoverLookup } from "./app/hover-lookup.ts";
import { registerCodeLens } from "./ui/code-lens.ts";
import { registerDiagnostics } from "./ui/diagnostics.ts";
import { registerHover } from "./ui/hover.ts";
import { ManifestReader } from "./ui/manifests.ts";
import { registerQuickFixes } from "./ui/quick-fixes.ts";
import { useVsCodeLanguage } from "./ui/language.ts";
import { NamespacesDocuments } from "./ui/namespaces-document.ts";
import { NodeAccess } from "./ui/node-access.ts";
import { NodesView } from "./ui/nodes-view.ts";
import type { PanelPorts } from "./ui/panel.ts";
import { Panels } from "./ui/panels.ts";
import { PodsView } from "./ui/pods-view.ts";
import { createPrompts } from "./ui/prompts.ts";
import { StoredSecrets } from "./ui/secret-vault.ts";
import { AuditCommands } from "./ui/audit-commands.ts";
import { openSettings, readSettings, section } from "./ui/settings.ts";
import { openTerminal, type TerminalPorts } from "./ui/open-terminal.ts";
import { showInNode } from "./ui/show-in-node.ts";
import { settingKeys } from "./ui/settings-schema.ts";
import { parseTarget } from "./ui/target.ts";
import { SnapshotEditor } from "./ui/snapshot-editor.ts";
import { saveSnapshot } from "./ui/snapshot-files.ts";
import { TextDocuments } from "./ui/text-documents.ts";

const contextKey = "context";

/** Settings whose change opens the ways onto nodes anew. */
const settingsOfNodes = ["ssh", "access", "become", "debugPod"].map((key) => `${section}.${key}`);

/** VS Code hands `deactivate` nothing: what is to be awaited there is left here. */
const open = new Set<Pick<Nodes, "close">>();

/** Builds everything and wires it together. What is heavy is loaded when it is first used. */
export function activate(context: vscode.ExtensionContext): PodSandboxApi {
  useVsCodeLanguage();
  const log = createLog();
  const disposables = new Disposables((thrown) => log.error(`closing: ${String(thrown)}`));
  context.subscriptions.push(disposables);
  disposables.add(log);

  const secrets = new StoredSecrets(context.secrets, log);
  const texts = new TextDocuments(disposables);
  const consent = new DebugPodConsent(texts);
  const debugPods = new DebugPodStatus(context.globalState, disposables);
  const ledger = new DebugPodLedger(debugPods, newOwner(), Date.now);
  const ways = new ChosenWays({
    memory: context.globalState,
    settings: () => readSettings().nodes,
    isThisMachine: async (node) => {
      const { isThisMachine } = await import("./nodes/local.ts");
      return isThisMachine(node);
    },
    log,
  });
  const openPodApi = async (name: string): Promise<PodApi> => {
    const { openPodApi: openApi } = await import("./cluster/debug-pods.ts");
    return openApi(readSettings().cluster, name);
  };
  // One for all: their questions come one after the other.
  const prompts = createPrompts();
  const nodePorts: NodeWaysPorts = {
    prompts,
    vault: secrets,
    log,
    wayOf: (node, name) => ways.wayOf(node, name),
    openPodApi,
    debugPods: {
      agree: async (question, signal) => consent.agree(question, signal),
      ledger,
      left: (problem) => void guarded("debug pod", { log, actions }, () => Promise.reject(problem)),
    },
  };
  const openNodes = async (): Promise<Nodes> => {
    const { createNodeWays } = await import("./nodes/ways.ts");
    return createNodeWays(readSettings().nodes, nodePorts);
  };
  /** For many nodes: nobody is asked anything, and no debug pod is made. */
  const openUnasked = async (atOnce: number): Promise<Nodes> => {
    const [{ createNodeWays }, { needsAnswer, noPrompts }] = await Promise.all([
      import("./nodes/ways.ts"),
      import("./nodes/no-prompts.ts"),
    ]);
    const { nodes: settings } = readSettings();
    const unasked = createNodeWays(
      { ...settings, ssh: { ...settings.ssh, maxConnections: atOnce, maxOpening: atOnce } },
      {
        ...nodePorts,
        prompts: noPrompts,
        debugPods: {
          ...nodePorts.debugPods,
          agree: async ({ node }) => needsAnswer(`a debug pod on ${node}`),
        },
      },
    );
    open.add(unasked);
    return {
      transport: (node, name) => unasked.transport(node, name),
      close: async () => {
        await unasked.close();
        open.delete(unasked);
      },
    };
  };
  const nodes = new ReopeningNodes(openNodes);
  open.add(nodes);
  const reach = (node: ClusterNode | SshHost, name: string | null): TerminalTransport =>
    placedTransport(nodes.transport(node, name), { context: name, node: node.name });
  const clusters = new Clusters({
    loadContexts: async () => {
      const { loadContexts } = await import("./cluster/kubeconfig.ts");
      return loadContexts(readSettings().cluster);
    },
    openCluster: async (name) => {
      const { openCluster } = await import("./cluster/kubernetes-source.ts");
      return openCluster(readSettings().cluster, name, { log });
    },
  });
  const store = new PodStore({
    clusters,
    log,
    memory: {
      read: () => readSettings().context || context.workspaceState.get<string>(contextKey),
      write: (name) => void context.workspaceState.update(contextKey, name),
    },
  });
  disposables.addClosable(store);
  const inspections = new Inspections({
    store,
    log,
    inspectPod: async (ref, request) => {
      return inspectSandbox(
        {
          openCluster: async (name) => clusters.open(name),
          transport: (node) => reach(node, ref.context),
          timeoutMs: readSettings().probeTimeoutMs,
          now: () => new Date(),
        },
        ref,
        request,
      );
    },
  });

  const readings = new NodeReadings({
    openCluster: async (name) => clusters.open(name),
    transport: reach,
    settings: () => ({ timeoutMs: readSettings().probeTimeoutMs }),
    now: () => new Date(),
  });
  const states = new NodeStates({ readNode: async (...question) => readings.readNode(...question), log });
  disposables.addClosable(states);
  const list = new NodeList({ store, clusters, log });
  disposables.addClosable(list);

  const about = z.object({ name: z.string(), version: z.string() }).parse(context.extension.packageJSON);
  const audits = new AuditCommands({
    store,
    texts,
    tool: about,
    readAll: async (name, request) =>
      readAllNodes(
        {
          openCluster: async (wanted) => clusters.open(wanted),
          openNodes: async (atOnce) => openUnasked(atOnce),
          settings: () => {
            const { nodesAtOnce, probeTimeoutMs } = readSettings();
            return { nodesAtOnce, timeoutMs: probeTimeoutMs };
          },
          now: () => new Date(),
          log,
        },
        name,
        request,
      ),
  });
  const access = new NodeAccess({
    ways,
    clusters,
    store,
    list,
    states,
    documents: texts,
    nodeAt: async (place, signal) => (await nodeAt(place, async (name) => clusters.open(name), signal)).node,
    checkAccess: async (place, request) => {
      const { nodes: settings, probeTimeoutMs } = readSettings();
      return checkAccess(
        {
          openCluster: async (name) => clusters.open(name),
          openWays: openNodes,
          wayOf: (node, name) => ways.wayOf(node, name),
          become: settings.become,
          timeoutMs: probeTimeoutMs,
          now: () => new Date(),
        },
        place,
        request,
      );
    },
    openSettings,
  });
  const actions: ErrorActions = { showLog: () => log.show(), openSettings, access };
  const view = new PodsView(store, context.workspaceState, disposables);
  const nodesView = new NodesView({ store, list, states, ways }, disposables);
  const documents = new NamespacesDocuments(states, disposables);
  const { extensionUri } = context;
  const terminals: TerminalPorts = {
    startOnNode: async (place, request, { signal }) => {
      const { node } = await nodeAt(place, async (name) => clusters.open(name), signal);
      const limits = { signal, timeoutMs: readSettings().probeTimeoutMs };
      return reach(node, place.context).terminal(request, limits);
    },
  };
  const past = new PastReports();
  const read = async (subject: PanelSubject, options: InspectOptions): Promise<AnyReport> => {
    const report =
      subject.kind === "pod"
        ? await inspections.inspect(subject, options)
        : await readings.inspectOther(subject, subject.key, options);
    past.keep(report);
    return report;
  };
  const comparisons = new Comparisons(extensionUri);
  const comparing: ComparePorts = { comparisons, past, clusters, store, view, read };
  const savedBy = `${about.name} ${about.version}`;
  const panelPorts: PanelPorts = {
    extensionUri,
    actions,
    acts: {
      highlight: (namespace, report) => view.highlight(namespace, report),
      showInNode: async (subject, report) => showInNode(nodesView, subject, report),
      openTerminal: async (subject, report) => openTerminal(terminals, subject, report),
      compareWith: async (report) => compareWith(comparing, report),
      saveSnapshot: async (report) => saveSnapshot({ kind: "report", report }, savedBy),
    },
    arrangements: new Arrangements(context.workspaceState),
    log,
    read,
  };
  const panels = disposables.add(new Panels(panelPorts, context.workspaceState));
  disposables.add(panels.restoreOld());
  disposables.add(comparisons.restoreOld());
  disposables.add(new SnapshotEditor(panelPorts).register());
  const lookup = hoverLookup(store);
  const manifests = new ManifestReader();
  const failed = (thrown: unknown): void => log.error(`manifests: ${String(thrown)}`);
  disposables.add(registerHover(lookup, manifests));
  disposables.add(registerCodeLens(lookup, manifests, failed));
  disposables.add(registerDiagnostics(manifests, failed));
  disposables.add(registerQuickFixes(manifests));
  disposables.add(
    registerLanguageModelTools({
      clusters,
      store,
      wayOf: (place) => ways.taken(place).way,
      inspect: async (ref, options) => inspections.inspect(ref, options),
      log,
    }),
  );
  registerCommands(
    {
      extensionUri,
      clusters,
      store,
      view,
      nodesView,
      documents,
      panels,
      access,
      secrets,
      terminals,
      read,
      comparing,
      audits,
      savedBy,
      lesson: new Lesson({
        state: context.workspaceState,
        store,
        list,
        ways,
        readings,
        inspectPod: async (ref, options) => inspections.inspect(ref, options),
      }),
      closeNodes: async () => nodes.close(),
      deleteDebugPods: async () => {
        await nodes.close();
        return cleanUpDebugPods({ ledger, log, openPodApi });
      },
      log,
      actions,
    },
    disposables,
  );
  disposables.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(section)) return;
      log.info("settings changed");
      void guarded("settings", { log, actions }, readSettings);
      if (settingsOfNodes.some((key) => event.affectsConfiguration(key))) nodes.reopen();
      // Which hosts there are is no matter of a cluster, and what is shown of manifests neither.
      const others = settingKeys.filter((key) => !["hosts", "codeLens", "diagnostics"].includes(key));
      if (!others.some((key) => event.affectsConfiguration(`${section}.${key}`))) return;
      if (store.phase.kind !== "idle") void store.refresh().then(async () => list.refresh());
    }),
  );

  // Programs that the ssh config names may be run from now on.
  disposables.add(vscode.workspace.onDidGrantWorkspaceTrust(() => nodes.reopen()));
  void cleanUpDebugPods({ ledger, log, openPodApi });

  return {
    apiVersion: 1,
    inspect: async (target: InspectTarget, { signal } = {}) =>
      inspections.inspect(await resolveRef(clusters, parseTarget(target), async () => store.usualContext()), {
        signal: signal ?? new AbortController().signal,
      }),
  };
}

/** Debug pods are deleted when the window closes; VS Code waits a few seconds for that. */
export async function deactivate(): Promise<void> {
  await Promise.all([...open].map(async (nodes) => nodes.close()));
}
