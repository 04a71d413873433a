// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { keepPlace } from "../../../webview/kept.ts";

let root: HTMLElement;
let kept: object[];

beforeEach(() => {
  root = document.createElement("main");
  document.body.replaceChildren(root);
  kept = [];
});

afterEach(() => {
  vi.restoreAllMocks();
});

function open(saved: unknown): (rest: object) => void {
  return keepPlace(root, { saved: () => saved, save: (state) => kept.push(state) });
}

/** What is drawn only after a while, as the pages are. */
async function draw(html: string): Promise<void> {
  root.innerHTML = html;
  await vi.waitFor(() => expect(root.childElementCount).toBeGreaterThan(0));
  await Promise.resolve();
}

const PAGE = `
  <details data-keep="legend"><summary>What is this?</summary></details>
  <details data-keep="inside web" open><summary>web</summary></details>
  <details><summary>unnamed</summary></details>
  <label><input type="checkbox" data-keep="only-differences"> Only differences</label>
  <label><input type="radio" name="colours" data-keep="theme" checked> Theme</label>
  <label><input type="radio" name="colours" data-keep="print"> Print</label>`;

function states(): Record<string, boolean> {
  const all = [...root.querySelectorAll<HTMLDetailsElement | HTMLInputElement>("[data-keep]")];
  return Object.fromEntries(
    all.map((one) => [one.dataset["keep"] ?? "", "checked" in one ? one.checked : one.open]),
  );
}

test("what was open or chosen is so again once it is drawn, and what was closed is closed", async () => {
  const left = { legend: true, "inside web": false, "only-differences": true, theme: false, print: true };
  open({ controls: left });
  await draw(PAGE);
  await vi.waitFor(() => expect(states()).toEqual(left));
});

test("nothing is kept before it is known of what; then each change is, and what is not drawn yet stays kept", async () => {
  const keep = open({ controls: { later: true, legend: false } });
  await draw(PAGE);
  expect(kept).toEqual([]);
  keep({ subject: "web" });
  const legend = root.querySelector("details");
  if (legend === null) throw new Error("not drawn");
  legend.open = true;
  legend.dispatchEvent(new Event("toggle"));
  expect(kept.at(-1)).toMatchObject({ subject: "web", controls: { later: true, legend: true } });
  root.querySelector("input")?.click();
  expect(kept.at(-1)).toMatchObject({ controls: { "only-differences": true } });
});

test("the page is scrolled to where it was as soon as it is high enough, unless the reader has gone elsewhere", async () => {
  const wentTo: number[] = [];
  vi.spyOn(window, "scrollTo").mockImplementation((...to: unknown[]) => void wentTo.push(Number(to[1])));
  const keep = open({ scrollTop: 40 });
  keep({});
  expect(kept.at(-1)).toMatchObject({ scrollTop: 40 });
  await draw("<p>Reading…</p>");
  await vi.waitFor(() => expect(wentTo).toEqual([40]));
  window.dispatchEvent(new Event("wheel"));
  await draw(PAGE);
  expect(wentTo).toEqual([40]);
});

test.each([undefined, null, "junk", 7, { scrollTop: "far", controls: "all" }, { controls: { a: 1 } }])(
  "%j was not kept by us",
  async (saved) => {
    const keep = open(saved);
    await draw(PAGE);
    keep({ subject: "web" });
    expect(kept).toEqual([{ subject: "web", scrollTop: 0, controls: {} }]);
  },
);
