// @vitest-environment happy-dom
import * as l10n from "@vscode/l10n";
import { afterEach, expect, test } from "vitest";
import { languageBlock } from "../../../extension/ui/page-language.ts";
import { useLanguageOf } from "../../../webview/language.ts";

afterEach(() => {
  l10n.config({ contents: {} });
});

test("a page speaks the language of its data block", () => {
  document.body.innerHTML = languageBlock({ "Read again": "Прочитать <снова>" });
  useLanguageOf(document);
  expect(l10n.t("Read again")).toBe("Прочитать <снова>");
});

test("and English where it has none", () => {
  document.body.innerHTML = languageBlock(undefined);
  useLanguageOf(document);
  expect(l10n.t("Read again")).toBe("Read again");
});
