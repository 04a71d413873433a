import * as vscode from "vscode";
import type { InspectTarget, PodSandboxApi } from "./api.ts";
import { Clusters } from "./app/clusters.ts";
import { inspectSandbox } from "./app/inspect.ts";
import { Inspections } from "./app/inspections.ts";
import { NodeList } from "./app/node-list.ts";
import { NodeReadings } from "./app/node-readings.ts";
import { NodeStates } from "./app/node-states.ts";
import { ReopeningNodes } from "./app/nodes.ts";
import { resolveRef } from "./app/resolve-ref.ts";
import { PodStore } from "./app/store.ts";
import { registerCommands } from "./ui/commands.ts";
import { Disposables } from "./ui/disposables.ts";
import { type ErrorActions, guarded } from "./ui/errors.ts";
import { createLog } from "./ui/log.ts";
import { hoverLookup } from "./app/hover-lookup.ts";
import { registerHover } from "./ui/hover.ts";
import { NamespacesDocuments } from "./ui/namespaces-document.ts";
import { NodesView } from "./ui/nodes-view.ts";
import { Panels } from "./ui/panels.ts";
import { PodsView } from "./ui/pods-view.ts";
import { createPrompts } from "./ui/prompts.ts";
import { openSettings, readSettings, section } from "./ui/settings.ts";
import { settingKeys } from "./ui/settings-schema.ts";
import { parseTarget } from "./ui/target.ts";

const contextKey = "context";

/** Builds everything and wires it together. What is heavy is loaded when it is first used. */
export function activate(context: vscode.ExtensionContext): PodSandboxApi {
  const log = createLog();
  const disposables = new Disposables((thrown) => log.error(`closing: ${String(thrown)}`));
  context.subscriptions.push(disposables);
  disposables.add(log);

  const nodes = new ReopeningNodes(async () => {
    const { createSshNodes } = await import("./nodes/ssh-nodes.ts");
    return createSshNodes(readSettings().ssh, createPrompts(), log);
  });
  disposables.addClosable(nodes);
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
      const { probeTimeoutMs, sudo } = readSettings();
      return inspectSandbox(
        {
          openCluster: async (name) => clusters.open(name),
          transport: (node) => nodes.transport(node),
          elevation: sudo,
          timeoutMs: probeTimeoutMs,
          now: () => new Date(),
        },
        ref,
        request,
      );
    },
  });

  const readings = new NodeReadings({
    openCluster: async (name) => clusters.open(name),
    transport: (node) => nodes.transport(node),
    settings: () => {
      const { probeTimeoutMs, sudo } = readSettings();
      return { timeoutMs: probeTimeoutMs, elevation: sudo };
    },
    now: () => new Date(),
  });
  const states = new NodeStates({ readNode: async (...question) => readings.readNode(...question), log });
  disposables.addClosable(states);
  const list = new NodeList({ store, clusters, log });
  disposables.addClosable(list);

  const actions: ErrorActions = { showLog: () => log.show(), openSettings };
  const view = new PodsView(store, context.workspaceState, disposables);
  const nodesView = new NodesView({ store, list, states }, disposables);
  const documents = new NamespacesDocuments(states, disposables);
  const { extensionUri } = context;
  const panels = disposables.add(
    new Panels(
      {
        extensionUri,
        actions,
        log,
        read: async (subject, options) =>
          subject.kind === "pod"
            ? inspections.inspect(subject, options)
            : readings.inspectOther(subject, subject.key, options),
      },
      context.workspaceState,
    ),
  );
  disposables.add(panels.restoreOld());
  disposables.add(registerHover(hoverLookup(store)));
  registerCommands(
    { extensionUri, clusters, store, view, nodesView, documents, panels, log, actions },
    disposables,
  );
  disposables.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (!event.affectsConfiguration(section)) return;
      log.info("settings changed");
      void guarded("settings", { log, actions }, readSettings);
      if (event.affectsConfiguration(`${section}.ssh`)) nodes.reopen();
      // Which hosts there are is no matter of a cluster.
      const others = settingKeys.filter((key) => key !== "hosts");
      if (!others.some((key) => event.affectsConfiguration(`${section}.${key}`))) return;
      if (store.phase.kind !== "idle") void store.refresh().then(async () => list.refresh());
    }),
  );

  return {
    apiVersion: 1,
    inspect: async (target: InspectTarget, { signal } = {}) =>
      inspections.inspect(await resolveRef(clusters, parseTarget(target), async () => store.usualContext()), {
        signal: signal ?? new AbortController().signal,
      }),
  };
}
