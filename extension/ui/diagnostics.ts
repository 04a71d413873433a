import * as vscode from "vscode";
import type { RejectionCode } from "../core/manifest/rejections.ts";
import { Disposables } from "./disposables.ts";
import { Debounced, manifestSelector, type ManifestReader, rangeIn } from "./manifests.ts";
import { section } from "./settings.ts";
import { oneParagraph } from "./text.ts";

/** Who says so, in the list of problems: the product's name, which is not translated. */
export const diagnosticSource = "Pod Sandbox";

const setting = "diagnostics";
/** After the last key that was pressed. */
const settleMs = 400;

/** Marks what the API server will reject of the fields that decide about a sandbox, in each manifest that is open. */
export function registerDiagnostics(
  manifests: ManifestReader,
  onError: (thrown: unknown) => void,
): vscode.Disposable {
  const disposables = new Disposables(onError);
  const marks = disposables.add(vscode.languages.createDiagnosticCollection(diagnosticSource));
  const waiting = new Map<vscode.TextDocument, Debounced>();
  const forget = (document: vscode.TextDocument): void => {
    waiting.get(document)?.dispose();
    waiting.delete(document);
    marks.delete(document.uri);
  };
  const mark = async (document: vscode.TextDocument): Promise<void> => {
    const { version } = document;
    const found = isOn(document) ? (await manifests.read(document)).rejections() : [];
    if (document.isClosed || document.version !== version) return;
    marks.set(
      document.uri,
      found.map(({ code, certain, range, message }) => {
        const { Error: error, Warning: warning } = vscode.DiagnosticSeverity;
        const diagnostic = new vscode.Diagnostic(
          rangeIn(document, range),
          oneParagraph(message),
          certain ? error : warning,
        );
        diagnostic.source = diagnosticSource;
        diagnostic.code = { value: code, target: vscode.Uri.parse(reading[code]) };
        return diagnostic;
      }),
    );
  };
  const soon = (document: vscode.TextDocument): void => {
    // The other side of a comparison with Git is not to be mended.
    if (vscode.languages.match(manifestSelector, document) === 0 || document.uri.scheme === "git") return;
    const known = waiting.get(document);
    const debounced = known ?? new Debounced(() => void mark(document).catch(onError), settleMs);
    waiting.set(document, debounced);
    debounced.call();
  };
  const all = (): void => vscode.workspace.textDocuments.forEach(soon);
  disposables.add(vscode.workspace.onDidOpenTextDocument(soon));
  disposables.add(vscode.workspace.onDidChangeTextDocument(({ document }) => soon(document)));
  disposables.add(vscode.workspace.onDidCloseTextDocument(forget));
  disposables.add(
    vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(`${section}.${setting}`)) all();
    }),
  );
  disposables.add({ dispose: () => [...waiting.keys()].forEach(forget) });
  all();
  return disposables;
}

function isOn(document: vscode.TextDocument): boolean {
  return vscode.workspace.getConfiguration(section, document).get<unknown>(setting) !== false;
}

const concepts = "https://kubernetes.io/docs/concepts";
const tasks = "https://kubernetes.io/docs/tasks";
const reference = "https://kubernetes.io/docs/reference/kubernetes-api/workload-resources/pod-v1/#PodSpec";

/** Where Kubernetes' own documentation tells more. */
const reading: Readonly<Record<RejectionCode, string>> = {
  "exclusive-fields": reference,
  "not-boolean": reference,
  "host-port": reference,
  "windows-pod": `${concepts}/windows/intro/#compatibility-v1-pod`,
  "ephemeral-containers": `${concepts}/workloads/pods/ephemeral-containers/`,
  "no-such-target": `${concepts}/workloads/pods/ephemeral-containers/`,
  "proc-mount": `${tasks}/configure-pod-container/security-context/#proc-access`,
};
