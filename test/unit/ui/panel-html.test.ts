import { expect, test } from "vitest";
import { panelHtml } from "../../../extension/ui/panel-html.ts";

const parts = {
  script: "https://x/webview.js",
  style: "https://x/webview.css",
  source: "https://x",
  nonce: "abc",
  language: "en",
  translations: undefined,
};

test("allows one script by its nonce, our styles, and nothing else", () => {
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(panelHtml(parts))?.[1];
  expect(policy).toBe(
    "default-src 'none'; style-src https://x; font-src https://x; img-src blob:; script-src 'nonce-abc'",
  );
});

test("what it is given stays inside its attribute", () => {
  const html = panelHtml({ ...parts, language: 'en"><script>', script: 'https://x/?a="&b' });
  expect(html).not.toContain('en"><script>');
  expect(html.match(/<script/g)).toHaveLength(1);
});

test("the translations are data that nothing in them can end", () => {
  const translations = { "Read again": "</script><script>alert(1)//<!--" };
  const html = panelHtml({ ...parts, translations });
  const block = /<script type="application\/json" id="l10n">(.*)<\/script>\n<script nonce="abc"/.exec(
    html,
  )?.[1];
  expect(block).not.toContain("<");
  expect(JSON.parse(block ?? "")).toEqual(translations);
});
