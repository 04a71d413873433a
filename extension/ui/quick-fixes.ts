import * as vscode from "vscode";
import { diagnosticSource } from "./diagnostics.ts";
import { manifestSelector, type ManifestReader, rangeIn } from "./manifests.ts";

/** Mends what the diagnostics mark, with edits that leave everything else as it is. */
export function registerQuickFixes(manifests: ManifestReader): vscode.Disposable {
  return vscode.languages.registerCodeActionsProvider(
    manifestSelector,
    {
      async provideCodeActions(document, _range, { diagnostics }, token) {
        const ours = diagnostics.filter(({ source }) => source === diagnosticSource);
        if (ours.length === 0) return [];
        const manifest = await manifests.read(document);
        if (token.isCancellationRequested) return [];
        return ours.flatMap((diagnostic) => {
          const rejection = manifest
            .rejections()
            .find(
              ({ code, range }) =>
                code === codeOf(diagnostic) && rangeIn(document, range).isEqual(diagnostic.range),
            );
          const fixes = rejection === undefined ? [] : manifest.fixes(rejection);
          return fixes.map(({ title, range, newText }, index) => {
            const action = new vscode.CodeAction(title, vscode.CodeActionKind.QuickFix);
            action.edit = new vscode.WorkspaceEdit();
            action.edit.replace(document.uri, rangeIn(document, range), newText);
            action.diagnostics = [diagnostic];
            action.isPreferred = index === 0;
            return action;
          });
        });
      },
    },
    { providedCodeActionKinds: [vscode.CodeActionKind.QuickFix] },
  );
}

function codeOf({ code }: vscode.Diagnostic): unknown {
  return typeof code === "object" ? code.value : code;
}
