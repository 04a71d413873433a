// @vitest-environment happy-dom
import axe from "axe-core";
import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { buildMatrix, cellText } from "../../../extension/core/matrix.ts";
import { asIs } from "../../../extension/core/arrange.ts";
import type { AnyReport } from "../../../extension/core/report.ts";
import { shownState } from "../../../extension/protocol/shown-state.ts";
import type { PanelState, PanelSubject, WebviewMessage } from "../../../extension/protocol/messages.ts";
import { App } from "../../../webview/app.tsx";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { otherSamples } from "../../fixtures/reports/other-samples.ts";
import { hostileText, samples } from "../../fixtures/reports/samples.ts";

let root: HTMLElement;
let posted: WebviewMessage[];

beforeEach(() => {
  document.documentElement.lang = "en";
  document.title = "Sandbox";
  root = document.createElement("div");
  document.body.replaceChildren(root);
  posted = [];
});

afterEach(() => {
  render(null, root);
  vi.useRealTimers();
});

function subjectOf(report: AnyReport): PanelSubject {
  return "pod" in report
    ? { kind: "pod", context: report.pod.context, namespace: report.pod.namespace, name: report.pod.name }
    : { ...report.other, kind: "other", context: null };
}

function show(report: AnyReport | null, more: Partial<PanelState> = {}): void {
  const subject = subjectOf(report ?? samples.plain);
  const state: PanelState = {
    subject,
    reading: false,
    report,
    error: null,
    source: { kind: "live" },
    arrangement: asIs,
    asked: null,
    ...more,
  };
  void act(() => {
    render(<App state={shownState(state)} post={(message) => posted.push(message)} />, root);
  });
}

function text(selector: string): string {
  return (root.querySelector(selector)?.textContent ?? "").replaceAll(/\s+/g, " ").trim();
}

function click(label: string | RegExp, within: ParentNode = root): void {
  const button = [...within.querySelectorAll("button")].find((one) => {
    const name = one.getAttribute("aria-label") ?? one.textContent;
    return typeof label === "string" ? name === label : label.test(name);
  });
  if (button === undefined) throw new Error(`no button ${String(label)}`);
  void act(() => {
    button.click();
  });
}

const error: NonNullable<PanelState["error"]> = {
  title: "node-a did not answer.",
  next: "Read again.",
  detail: "ssh-timeout",
  offers: [],
};

const states: [string, PanelState["report"], Partial<PanelState>][] = [
  ...Object.entries({ ...samples, ...insideSamples, ...otherSamples }).map(
    ([name, report]): [string, AnyReport, Partial<PanelState>] => [name, report, {}],
  ),
  ["loading", null, { reading: true }],
  ["failed", null, { error }],
  ["failed again", samples.plain, { error }],
];

// One of each kind of content: axe takes its time.
const examined = new Set([
  "ephemeral",
  "crashing",
  "broken",
  "hostile",
  "inside",
  "crowded",
  "restarted",
  "podmanPod",
  "gvisorContainer",
  "loading",
  "failed",
  "failed again",
]);

test.each(states.filter(([name]) => examined.has(name)))(
  "%s has no axe violation",
  async (_name, report, more) => {
    show(report, more);
    // Colours need a browser that lays out: test/support/preview.ts looks at them.
    const { violations } = await axe.run(document, { rules: { "color-contrast": { enabled: false } } });
    expect(violations.map(({ id, nodes }) => [id, nodes.map(({ html }) => html)])).toEqual([]);
  },
  // One that ran out of time would fail all that follow: axe runs once at a time.
  30_000,
);

describe.each(states)("%s", (_name, report, more) => {
  test("needs no inline style, script or handler, which the CSP would refuse", () => {
    show(report, more);
    for (const element of root.querySelectorAll("*")) {
      const names = element.getAttributeNames();
      expect(names.filter((name) => name.startsWith("on"))).toEqual([]);
      // Set through the CSSOM by a ref, which the CSP allows; markup never holds it.
      if (!element.matches(".scroll")) expect(names).not.toContain("style");
    }
    expect(root.querySelectorAll("script, style, img, iframe, a")).toHaveLength(0);
  });
});

describe("the table", () => {
  test("is a real one, and every cell holds its own inode and verdict", () => {
    show(samples.ephemeral);
    const { columns, rows } = buildMatrix(samples.ephemeral);
    expect(root.querySelectorAll("table.matrix")).toHaveLength(1);
    expect(text(".matrix caption")).toContain("Linux namespaces");
    const headers = [...root.querySelectorAll(".matrix thead th")];
    expect(
      headers.map((one) => [one.getAttribute("scope"), one.querySelector(".name")?.textContent]),
    ).toEqual(columns.map(({ name }) => ["col", name]));
    const lines = [...root.querySelectorAll(".matrix tbody tr")];
    expect(lines).toHaveLength(rows.length);
    for (const [index, row] of rows.entries()) {
      const line = lines[index];
      expect(line?.querySelector("th")?.getAttribute("scope")).toBe("row");
      expect(line?.querySelector("th")?.textContent).toContain(row.type);
      const cells = [...(line?.querySelectorAll("td") ?? [])];
      expect(cells).toHaveLength(columns.length);
      for (const [at, cell] of row.cells.entries()) {
        for (const part of cellText(cell).split(", ")) expect(cells[at]?.textContent).toContain(part);
      }
    }
  });

  test("scrolls on its own and by keyboard", () => {
    show(samples.twelve);
    const region = root.querySelector("[role=region]:has(table)");
    expect(region?.getAttribute("tabindex")).toBe("0");
    expect(region?.getAttribute("aria-label")).toBeTruthy();
  });

  test("draws the line of a broken band behind each stranger", () => {
    show(samples.broken);
    expect(root.querySelectorAll(".behind.hue-host")).not.toHaveLength(0);
  });
});

describe("by keyboard and mouse, the table", () => {
  function cell(place: string): HTMLElement {
    const found = root.querySelector<HTMLElement>(`[data-place="${place}"]`);
    if (found === null) throw new Error(`nothing at ${place}`);
    return found;
  }
  function press(target: HTMLElement, key: string): void {
    void act(() => {
      target.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    });
  }

  test("is one stop, with arrow keys from there", () => {
    show(samples.plain);
    const stops = (): (string | undefined)[] =>
      [...root.querySelectorAll<HTMLElement>("[data-place][tabindex='0']")].map(
        (one) => one.dataset["place"],
      );
    expect(stops()).toEqual(["1 0"]);
    void act(() => {
      cell("1 0").focus();
    });
    press(cell("1 0"), "ArrowRight");
    press(cell("1 1"), "ArrowDown");
    expect(document.activeElement).toBe(cell("2 1"));
    expect(stops()).toEqual(["2 1"]);
  });

  test("lights up what is in the same Linux namespace, and tells the host once", () => {
    vi.useFakeTimers();
    show(samples.plain);
    const lit = (selector: string): number => root.querySelectorAll(`${selector}[data-ns][data-lit]`).length;
    void act(() => {
      cell("1 2").focus();
    });
    expect([lit(".cell"), lit(".process"), lit(".holds li")]).toEqual([3, 6, 1]);
    cell("1 3").dispatchEvent(new Event("pointerover", { bubbles: true }));
    vi.advanceTimersByTime(500);
    expect(posted).toEqual([{ type: "highlight", namespace: { type: "net", inode: "4026532334" } }]);
    void act(() => {
      cell("1 2").blur();
    });
    root.querySelector("main")?.dispatchEvent(new Event("pointerleave"));
    vi.advanceTimersByTime(500);
    expect(root.querySelectorAll("[data-ns][data-lit]")).toHaveLength(0);
    expect(posted.at(-1)).toEqual({ type: "highlight", namespace: null });
  });

  test("opens the explanation of a cell below, and Escape closes it with the focus where it was", () => {
    show(samples.plain);
    void act(() => {
      cell("1 2").focus();
      cell("1 2").click();
    });
    const asked = { container: 1, type: "net" } as const;
    expect(posted).toContainEqual({ type: "explainCell", cell: asked });
    show(samples.plain, { asked });
    expect(cell("1 2").getAttribute("aria-expanded")).toBe("true");
    expect(text(".explained .title strong")).toBe("net of nginx");
    expect(text(".explained")).toContain("pause, PID 30208");
    press(cell("1 2"), "Escape");
    expect(posted.at(-1)).toEqual({ type: "explainCell", cell: null });
    expect(document.activeElement).toBe(cell("1 2"));
  });

  test("explains the cell that was asked about, of two containers of one name", () => {
    const [, nginx] = samples.plain.containers;
    if (nginx === undefined) throw new Error("no nginx");
    const twin = { ...nginx, pid: 4711 };
    const twins = { ...samples.plain, containers: [...samples.plain.containers, twin] };
    const asked = { container: 3, type: "net" } as const;
    show(twins, { asked });
    const open = [...root.querySelectorAll(".cell[aria-expanded=true]")];
    expect(open).toHaveLength(1);
    expect(text(".explained .checks")).toContain("/proc/4711/ns/net");
    void act(() => {
      open[0]
        ?.closest("tr")
        ?.querySelectorAll("button")
        .forEach((one) => {
          one.click();
        });
    });
    const cells = posted.flatMap((one) => (one.type === "explainCell" ? [one.cell?.container] : []));
    // Each cell its own container, and the open one none.
    expect(new Set(cells)).toEqual(new Set([0, 1, 2, null, undefined]));
    expect(cells).toHaveLength(5);
  });

  test("offers a name that two hidden columns have once", () => {
    const [, nginx] = samples.plain.containers;
    if (nginx === undefined) throw new Error("no nginx");
    const twins = { ...samples.plain, containers: [...samples.plain.containers, nginx] };
    show(twins, { arrangement: { ...asIs, hidden: ["nginx"] } });
    expect([...root.querySelectorAll(".arrangement button")].map((one) => one.textContent)).toEqual([
      "Show nginx",
      "Show all",
    ]);
  });

  test("says what is hidden and brings it back", () => {
    const arrangement = { order: ["nginx"], pinned: [], hidden: ["pause", "sidecar"] };
    show(samples.plain, { arrangement });
    expect(text(".arrangement")).toContain("2 columns are hidden.");
    click("Show pause");
    click("Show all");
    click("Best order");
    expect(posted).toEqual([
      { type: "arrange", arrangement: { ...arrangement, hidden: ["sidecar"] } },
      { type: "arrange", arrangement: { ...arrangement, hidden: [] } },
      { type: "arrange", arrangement: { ...arrangement, order: [] } },
    ]);
  });
});

describe("the focus is not lost with what was arranged", () => {
  function focused(): string | null {
    return document.activeElement?.getAttribute("data-place") ?? document.activeElement?.textContent ?? null;
  }

  test("by a button that goes away with what it brought back", () => {
    show(samples.plain, { arrangement: { ...asIs, hidden: ["pause"] } });
    [...root.querySelectorAll("button")].find(({ textContent }) => textContent === "Show pause")?.focus();
    click("Show pause");
    show(samples.plain);
    expect(focused()).toBe("1 0");
  });

  test("by one of several buttons, of which the others stay what they are", () => {
    show(samples.plain, { arrangement: { ...asIs, hidden: ["pause", "nginx"] } });
    const other = [...root.querySelectorAll("button")].find(
      ({ textContent }) => textContent === "Show nginx",
    );
    other?.focus();
    show(samples.plain, { arrangement: { ...asIs, hidden: ["nginx"] } });
    expect(focused()).toBe("Show nginx");
  });
});

test("what comes from a file says so and is not read again", () => {
  show(samples.plain, { source: { kind: "file", title: "web.sandbox.json" } });
  expect(text(".sub")).toContain("from web.sandbox.json, taken at 2026-11-23");
  expect([...root.querySelectorAll("button")].map((one) => one.textContent)).not.toContain("Read again");
});

test("the answer stands in bold where it matters", () => {
  show(samples.plain);
  expect([...root.querySelectorAll(".answer strong")].map((one) => one.textContent)).toEqual([
    "network, IPC and hostname",
    "processes and files",
  ]);
});

test("findings come by severity, each with its subject in bold", () => {
  show(samples.ephemeral);
  const items = [...root.querySelectorAll(".findings li")];
  expect(items.map((item) => [item.className, item.querySelector("strong")?.textContent])).toEqual([
    ["warning", "debugger"],
    ["info", "nginx"],
  ]);
  expect(items[0]?.textContent).toContain("Warning: debugger was to be in");
});

test("a finding says why below, and of several of one kind the first", () => {
  const [zombies] = samples.ephemeral.findings.filter(({ code }) => code === "zombies");
  if (zombies === undefined) throw new Error("no zombies");
  show({ ...samples.ephemeral, findings: [zombies, { ...zombies, container: "sidecar" }] });
  const why = [...root.querySelectorAll(".findings li")].map((one) => one.querySelector(".why")?.textContent);
  expect(why).toEqual(["An ended process keeps its PID until its parent asks how it ended.", undefined]);
});

test("what is read out says a column's name once, and no sign for the node's", () => {
  show(samples.plain, { arrangement: { ...asIs, pinned: ["sidecar"] } });
  const headers = [...root.querySelectorAll(".matrix thead th")].map((one) => one.getAttribute("aria-label"));
  expect(headers.slice(0, 3)).toEqual([
    "node, PID 1",
    "sidecar, pinned, PID 30270",
    expect.stringMatching(/^pause, sandbox /),
  ]);
  const letters = [...root.querySelectorAll(".matrix .letter")];
  const hidden = letters.filter((one) => one.getAttribute("aria-hidden") === "true");
  expect(new Set(hidden.map((one) => one.textContent.trim()))).toEqual(new Set(["●"]));
  expect(letters.filter((one) => one.textContent.trim() === "●")).toHaveLength(hidden.length);
});

test("hostile names stay text", () => {
  show(samples.hostile);
  expect(root.querySelector("h1")?.textContent).toContain(hostileText);
  expect(root.querySelectorAll("img, script, b")).toHaveLength(0);
});

test("each button says to the host what it is for", () => {
  show(samples.ephemeral);
  click("Read again");
  click("Copy nsenter");
  click("Copy as Markdown");
  click("Copy as JSON");
  click("Save snapshot…");
  click("Compare with…");
  click(/^Why this happens.*debugger/);
  click("Copy sudo lsns -p 30208");
  expect(posted).toEqual([
    { type: "readAgain" },
    { type: "copyNsenter" },
    { type: "copy", what: "markdown" },
    { type: "copy", what: "json" },
    { type: "saveSnapshot" },
    { type: "compareWith" },
    { type: "explainFinding", code: "sharing-differs" },
    { type: "copyText", text: "sudo lsns -p 30208" },
  ]);
});

test("the button that started a reading stops it and keeps the focus; a double click does not do both", () => {
  show(samples.plain);
  const button = root.querySelector<HTMLButtonElement>(".sub button");
  button?.focus();
  show(samples.plain, { reading: true });
  expect(document.activeElement).toBe(button);
  expect(button?.textContent).toBe("Cancel reading");
  button?.dispatchEvent(new MouseEvent("click", { detail: 2 }));
  expect(posted).toEqual([]);
  button?.dispatchEvent(new MouseEvent("click", { detail: 1 }));
  expect(posted).toEqual([{ type: "cancel" }]);
});

test("a failure stands above the last report, with what to do", () => {
  show(samples.plain, { error });
  expect(text("[role=alert] .title")).toContain("node-a did not answer.");
  expect(text("[role=alert] p:last-child")).toBe("Read again.");
  expect(root.querySelectorAll("table.matrix")).toHaveLength(1);
  click("Show log");
  click("Open settings");
  expect(posted).toEqual([{ type: "showLog" }, { type: "openSettings" }]);
});

test("where the way onto the node has failed, another can be chosen and it can be checked", () => {
  show(null, { error });
  expect(text(".buttons")).not.toContain("another way");
  show(null, { error: { ...error, offers: ["chooseWay", "checkAccess"] } });
  click("Reach it another way…");
  click("Check node access");
  expect(posted).toEqual([{ type: "chooseWay" }, { type: "checkAccess" }]);
});

test("before the first report one sees that it is being read, and can stop it", () => {
  show(null, { reading: true });
  expect(text("main")).toContain("Reading the Linux namespaces of web from its node…");
  click("Cancel reading");
  expect(posted).toEqual([{ type: "cancel" }]);
});

test("the age grows while one looks on, and is not announced", () => {
  vi.useFakeTimers({ now: Date.parse(samples.plain.takenAt) });
  show(samples.plain);
  expect(text(".sub time")).toBe("just now");
  void act(() => {
    vi.advanceTimersByTime(5_000);
  });
  expect(text(".sub time")).toBe("5 s ago");
  void act(() => {
    vi.advanceTimersByTime(3_600_000);
  });
  expect(text(".sub time")).toBe("1 h ago");
  expect(root.querySelector(".sub time")?.getAttribute("aria-live")).toBe("off");
});

test("a long process list starts closed and says how long it is", () => {
  show(samples.twelve);
  const [first, second] = [...root.querySelectorAll<HTMLDetailsElement>("details.of-container")].slice(1);
  expect(first?.open).toBe(false);
  expect(first?.querySelector("summary")?.textContent).toContain("41 processes");
  expect(second?.open).toBe(true);
});

describe("what is no pod of Kubernetes", () => {
  test.each(Object.entries(otherSamples))(
    "%s goes by its title and its node, without a word of pods",
    (_, report) => {
      show(report);
      expect(text("h1")).toBe(`${report.other.title} on node-a`);
      expect(text("title, main")).not.toMatch(/\bKubernetes|\bthe pod|\bspec\b/);
    },
  );

  test("before it has been read it is named too", () => {
    show(null, { subject: subjectOf(otherSamples.unshared), reading: true });
    expect(text("h1")).toBe("unshare on node-a");
    expect(text(".loading")).toContain("Reading the Linux namespaces of unshare from its node…");
  });
});

describe("what keeps each Linux namespace alive", () => {
  function rows(): string[][] {
    return [...root.querySelectorAll(".holds tbody tr")].map((row) =>
      [...row.querySelectorAll("li")].map((item) => item.textContent),
    );
  }

  test("is a table with a row for what the same things hold", () => {
    show(samples.plain);
    expect(rows()[0]).toEqual([
      "net 4026532334",
      "ipc 4026532407",
      "uts 4026532406",
      "pause, PID 30208",
      "nginx, PID 30240",
      "sidecar, PID 30270",
    ]);
    expect(root.querySelector(".holds tbody th")?.getAttribute("scope")).toBe("row");
  });

  test("without a pause process it names the bind mounts, and there is no column of pause", () => {
    show(samples.pinned);
    expect(rows()[0]).toContain("bind mount /run/netns/5b0e8e30-9b4c-4d5c-8f5a-1c2d3e4f5a6b");
    expect(text(".holds p")).toContain("There is no pause process.");
    expect([...root.querySelectorAll(".matrix thead .name")].map((one) => one.textContent)).toEqual([
      "node",
      "nginx",
      "sidecar",
    ]);
  });

  test("says so where it ends with the last process, and has no table where nothing is visible", () => {
    show(insideSamples.held);
    expect(text(".holds p")).toContain("ends with its last process");
    show(otherSamples.gvisorContainer);
    expect(root.querySelectorAll(".holds table")).toHaveLength(0);
  });

  test("a long list is cut, and nothing is lost", () => {
    show(insideSamples.crowded);
    expect(text(".holds tbody tr:first-child summary")).toBe("4 more");
    expect(rows()[0]).toHaveLength(3 + 10);
    show(samples.twelve);
    expect(text(".holds > details > summary")).toBe("10 more");
    expect(rows()).toHaveLength(6 + 10);
  });
});

describe("inside", () => {
  function items(): string[] {
    return [...root.querySelectorAll(".tree > li")].map((item) => item.textContent.replaceAll(/\s+/g, " "));
  }

  test("each process with its PIDs, state in words and start", () => {
    show(samples.plain);
    expect(items()[0]).toMatch(
      /^30208 → , inside 1 \/pause sleeping · started (\d{4}-\d\d-\d\d )?\d\d:\d\d:\d\d$/,
    );
    expect(root.querySelector(".tree time")?.getAttribute("datetime")).toBe("2026-11-23T12:00:00.000Z");
  });

  test("processes and threads elsewhere, and zombies with whose duty they are", () => {
    show(insideSamples.inside);
    const marks = [...root.querySelectorAll(".marks li")].map((item) => item.textContent);
    expect(marks[0]).toContain("in another net, pid and user Linux namespace than the main process");
    expect(marks[1]).toMatch(/to be reaped by its parent, PID 30551; seen ended since .*\d\d:\d\d:\d\d$/);
    expect(marks).toContain("ℹ thread 30562 sits elsewhere: net 4026532990 and mnt 4026532991");
    expect(marks.filter((mark) => mark.includes("seen ended since"))).toHaveLength(4);
  });

  test("user IDs in words, the map where there is one, once for each Linux namespace", () => {
    show(samples.plain);
    expect(text(".of-container summary")).toBe("pause 1 process · same user IDs as the node");
    show(insideSamples.userNamespace);
    expect(text(".uid-map")).toBe("User IDs: 0–65535 inside = 1245184–1310719 on the node");
    expect(root.querySelectorAll(".uid-map")).toHaveLength(1);
    expect(text(".of-container:nth-of-type(2) summary")).toBe("nginx 4 processes · same user IDs as pause");
    show(insideSamples.inside);
    expect([...root.querySelectorAll(".uid-map li")].map((item) => item.textContent)).toEqual([
      "0 inside = 1000 on the node",
      "1–65535 inside = 100000–165534 on the node",
    ]);
  });
});

describe("over time", () => {
  test("a first reading has nothing to compare with", () => {
    show(samples.plain);
    expect(root.querySelector(".changes")).toBeNull();
    expect(text("main > [role=status]")).toBe("The sandbox was read.");
  });

  test("reading again shows what changed, and the live region counts it", () => {
    show(insideSamples.unchanged, { reading: true });
    const status = root.querySelector("main > [role=status]");
    expect(status?.textContent).toBe("Reading the sandbox.");
    show(insideSamples.restarted);
    expect(root.querySelector("main > [role=status]")).toBe(status);
    expect(status?.textContent).toBe("The sandbox was read. 2 changes since the reading before.");
    expect(text(".changes p")).toMatch(/^Since the reading at .*\d\d:03:10:$/);
    expect(root.querySelectorAll(".changes li")).toHaveLength(2);
  });

  test("without a change it is one quiet line; after a reboot it says why nothing is compared", () => {
    show(insideSamples.unchanged);
    expect(text(".changes")).toMatch(/ nothing changed\.$/);
    expect(root.querySelectorAll(".changes li")).toHaveLength(0);
    show(insideSamples.rebooted);
    expect(text(".changes")).toContain("node-a was restarted since the reading at");
  });
});
