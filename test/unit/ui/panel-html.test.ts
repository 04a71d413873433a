import { expect, test } from "vitest";
import { panelHtml } from "../../../extension/ui/panel-html.ts";

const parts = {
  script: "https://x/webview.js",
  style: "https://x/webview.css",
  source: "https://x",
  nonce: "abc",
  language: "en",
};

test("allows one script by its nonce, our styles, and nothing else", () => {
  const policy = /Content-Security-Policy" content="([^"]+)"/.exec(panelHtml(parts))?.[1];
  expect(policy).toBe("default-src 'none'; style-src https://x; font-src https://x; script-src 'nonce-abc'");
});

test("what it is given stays inside its attribute", () => {
  const html = panelHtml({ ...parts, language: 'en"><script>', script: 'https://x/?a="&b' });
  expect(html).not.toContain('en"><script>');
  expect(html.match(/<script/g)).toHaveLength(1);
});
