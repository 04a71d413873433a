import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { isDrawingSvg } from "../../../extension/core/drawing/check-svg.ts";
import { layOut } from "../../../extension/core/drawing/layout.ts";
import type { Drawing, Rectangle } from "../../../extension/core/drawing/model.ts";
import { contrast, mixed, printColours, readableOn } from "../../../extension/core/drawing/palette.ts";
import { svgOf, svgText } from "../../../extension/core/drawing/svg.ts";
import { drawnText, fitText, textWidth, wrapText } from "../../../extension/core/drawing/text.ts";
import { namespaceTypes } from "../../../extension/core/namespaces.ts";
import type { AnyReport } from "../../../extension/core/report.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { drawingSamples } from "../../fixtures/reports/drawing-samples.ts";
import { samples } from "../../fixtures/reports/samples.ts";

/** Rounding of sums. */
const slack = 0.01;

function contains(outer: Rectangle, inner: Rectangle): boolean {
  return (
    inner.x >= outer.x - slack &&
    inner.y >= outer.y - slack &&
    inner.x + inner.width <= outer.x + outer.width + slack &&
    inner.y + inner.height <= outer.y + outer.height + slack
  );
}

function overlap(one: Rectangle, other: Rectangle): boolean {
  return (
    one.x < other.x + other.width - slack &&
    other.x < one.x + one.width - slack &&
    one.y < other.y + other.height - slack &&
    other.y < one.y + one.height - slack
  );
}

function pairs<T>(items: readonly T[]): readonly (readonly [T, T])[] {
  return items.flatMap((one, index) => items.slice(index + 1).map((other) => [one, other] as const));
}

/** Up to 21 columns: three reports' containers as one's. */
const large = fc.tuple(anyComparison, anyComparison, anyComparison).map(([one, other, third]): AnyReport => ({
  ...one,
  containers: [
    ...one.containers,
    ...[...other.containers, ...third.containers].filter(({ kind }) => kind !== "infra"),
  ],
}));

const anyDrawn = fc.oneof(anyComparison, large, fc.constantFrom(...Object.values(drawingSamples)));

function textBox({ x, y, width, size }: Drawing["labels"][number]): Rectangle {
  return { x, y: y - size * 0.8, width, height: size };
}

describe("any report", () => {
  test("everything lies inside of what it belongs to", () => {
    fc.assert(
      fc.property(anyDrawn, (report) => {
        const drawing = layOut(report);
        const page = { x: 0, y: 0, width: drawing.width, height: drawing.height };
        const around = (within: number | null): Rectangle =>
          within === null ? page : (drawing.shapes[within] ?? { x: 0, y: 0, width: 0, height: 0 });
        const outside = [
          ...[...drawing.shapes, ...drawing.badges].filter((one) => !contains(around(one.within), one)),
          ...drawing.labels.filter((label) => !contains(around(label.within), textBox(label))),
          ...drawing.lines.filter(
            ({ x1, y1, x2, y2 }) => !contains(page, { x: x1, y: y1, width: x2 - x1, height: y2 - y1 }),
          ),
        ];
        expect(outside).toEqual([]);
      }),
    );
  });

  test("no two of the same surroundings overlap, and no words run into each other", () => {
    fc.assert(
      fc.property(anyDrawn, (report) => {
        const { shapes, labels, badges } = layOut(report);
        const words = [
          ...labels.map((label) => ({ within: label.within, place: textBox(label) })),
          ...badges.map((badge) => ({ within: badge.within, place: badge })),
        ];
        const clashes = [
          ...pairs(shapes).filter(([one, other]) => one.within === other.within && overlap(one, other)),
          ...pairs(words).filter(([one, other]) => overlap(one.place, other.place)),
          // Nor does what lies in an area cover the area's own words.
          ...words.flatMap(({ within, place }) =>
            shapes.filter((shape) => within !== null && shape.within === within && overlap(place, shape)),
          ),
        ];
        expect(clashes).toEqual([]);
      }),
    );
  });

  test("every container is there exactly once", () => {
    fc.assert(
      fc.property(anyDrawn, (report) => {
        const drawn = layOut(report).shapes.flatMap(({ kind, members }) =>
          kind === "container" ? members : [],
        );
        expect(drawn.toSorted((a, b) => a - b)).toEqual([...report.containers.keys()]);
      }),
    );
  });

  test("every shared Linux namespace is around its containers, and around nobody else", () => {
    fc.assert(
      fc.property(anyDrawn, (report) => {
        const { shapes } = layOut(report);
        const drawn = new Map<string, Set<number>>();
        for (const [index, shape] of shapes.entries()) {
          for (const { type, inode } of shape.joined) {
            const key = `${type} ${inode}`;
            const members = drawn.get(key) ?? new Set();
            if (shape.kind === "lane") for (const one of shape.members) members.add(one);
            else for (const one of insideOf(shapes, index)) members.add(one);
            drawn.set(key, members);
          }
        }
        expect(sorted(drawn)).toEqual(sorted(sharedIn(report)));
      }),
    );
  });

  test("is a file that the host takes, and that says nothing hidden", () => {
    fc.assert(
      fc.property(anyDrawn, (report) => {
        const text = svgText(svgOf(layOut(report), printColours));
        expect(isDrawingSvg(text)).toBe(true);
        expect(text.replaceAll("\n", "")).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u);
      }),
    );
  });
});

function insideOf(shapes: Drawing["shapes"], area: number): readonly number[] {
  return shapes.flatMap((shape) => {
    if (shape.kind !== "container") return [];
    let within = shape.within;
    while (within !== null && within !== area) within = shapes[within]?.within ?? null;
    return within === area ? shape.members : [];
  });
}

/** Straight from the readings. */
function sharedIn(report: AnyReport): Map<string, Set<number>> {
  const found = new Map<string, Set<number>>();
  if (report.sandbox.holder.kind === "virtualised") return found;
  for (const type of namespaceTypes) {
    const { [type]: host } = report.node.namespaces;
    for (const [index, { namespaces }] of report.containers.entries()) {
      const { [type]: reading } = namespaces;
      if (reading.status !== "read" || (host.status === "read" && host.inode === reading.inode)) continue;
      const key = `${type} ${reading.inode}`;
      found.set(key, (found.get(key) ?? new Set()).add(index));
    }
  }
  for (const [key, members] of found) if (members.size < 2) found.delete(key);
  return found;
}

function sorted(map: Map<string, Set<number>>): readonly (readonly [string, readonly number[]])[] {
  return [...map]
    .map(([key, members]): readonly [string, readonly number[]] => [
      key,
      [...members].toSorted((a, b) => a - b),
    ])
    .toSorted(([a], [b]) => (a < b ? -1 : 1));
}

function wordsOf(report: AnyReport): string {
  return layOut(report)
    .labels.map(({ lead, text }) => `${lead} ${text}`.trim())
    .join(" | ");
}

describe("what it says", () => {
  test("of a plain pod: who holds it, what is shared, what is own, what is the node's", () => {
    const { title, description, shapes } = layOut(samples.plain);
    expect(title).toBe("Linux namespaces of web in default");
    expect(description).toContain(
      "A net 4026532334, B ipc 4026532407, C uts 4026532406 shared by pause, nginx, sidecar.",
    );
    expect(description).toContain("holds the sandbox");
    expect(shapes.filter(({ look }) => look === "strong")).toHaveLength(1);
    expect(wordsOf(samples.plain)).toContain("holds");
  });

  test("an area for several types with the same containers, and one inside where fewer share", () => {
    const areas = layOut(samples.targeted).shapes.filter(({ kind }) => kind === "area");
    expect(areas.map(({ joined }) => joined.map(({ type }) => type))).toEqual([
      ["net", "ipc", "uts"],
      ["pid"],
    ]);
  });

  test("crossing ones become lanes", () => {
    const kinds = new Set(layOut(samples.broken).shapes.map(({ kind }) => kind));
    expect(kinds).toContain("lane");
  });

  test("bind mounts of a pauseless pod, with their paths", () => {
    expect(wordsOf(samples.pinned)).toContain("/run/netns/");
    expect(layOut(samples.pinned).description).toContain("is held by bind mount /run/netns/");
  });

  test("a finding in words, and the container framed", () => {
    expect(wordsOf(samples.ephemeral)).toContain("▲ | pid: should be nginx's");
    expect(layOut(samples.ephemeral).shapes.some(({ look }) => look === "warning")).toBe(true);
  });

  test("what does not run stands apart", () => {
    const { shapes } = layOut(samples.crashing);
    expect(shapes.filter(({ kind }) => kind === "unseen")).toHaveLength(2);
    expect(wordsOf(samples.virtualised)).toContain("Not visible from the node");
  });

  test("own only as far as could be read, where somebody's link was refused", () => {
    const [first, second, ...others] = samples.plain.containers;
    if (first === undefined || second === undefined) throw new Error("no containers");
    const refused = { status: "denied", reason: "the kernel refused" } as const;
    const report: AnyReport = {
      ...samples.plain,
      containers: [first, { ...second, namespaces: { ...second.namespaces, pid: refused } }, ...others],
    };
    expect(layOut(report).description).toContain("has its own, as far as readable: pid");
    expect(wordsOf(report)).toContain("own: nobody else here is in it, as far as readable");
    expect(wordsOf(samples.plain)).not.toContain("as far as readable");
  });

  test("no arguments of any process", () => {
    fc.assert(
      fc.property(anyComparison, (report) => {
        expect(svgText(svgOf(layOut(report), printColours))).not.toContain("swordfish");
      }),
    );
  });
});

describe("text", () => {
  test("is cut to the width, and says then what it was", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.integer({ min: 30, max: 300 }), (text, width) => {
        const fitted = fitText(text, width, 12);
        expect(textWidth(fitted.text, 12)).toBeLessThanOrEqual(width);
        expect(fitted.full ?? fitted.text).toBe(drawnText(text));
        for (const line of wrapText(text, width, 12))
          expect(textWidth(line.text, 12)).toBeLessThanOrEqual(width);
      }),
    );
  });
});

describe("colours", () => {
  test("in print everything is readable, on white and on each area", () => {
    const { background, tones, hues, tint } = printColours;
    for (const tone of Object.values(tones)) {
      expect(contrast(tone, background)).toBeGreaterThan(4.5);
      for (const hue of Object.values(hues))
        expect(contrast(tone, mixed(hue, background, tint))).toBeGreaterThan(4.5);
    }
    for (const hue of Object.values(hues))
      expect(contrast(hue, readableOn(hue, background, tones.text))).toBeGreaterThan(4.5);
  });
});

describe("what the host takes", () => {
  const good = svgText(svgOf(layOut(samples.hostile), printColours));

  test.each([
    ["a script", (text: string) => text.replace("<rect", "<script>alert(1)</script><rect")],
    ["a handler", (text: string) => text.replace("<rect ", '<rect onload="alert" ')],
    ["another attribute", (text: string) => text.replace("<rect ", '<rect style="x" ')],
    ["foreign content", (text: string) => text.replace("</svg>", "<foreignObject/></svg>")],
    ["a link", (text: string) => text.replace("<rect ", '<rect href="https" ')],
    ["a reference", (text: string) => text.replace('fill="#ffffff"', 'fill="url(#a)"')],
    ["an entity", (text: string) => text.replace("</title>", "&xxe;</title>")],
    ["a document type", (text: string) => text.replace("<svg", "<!DOCTYPE svg><svg")],
    ["an instruction", (text: string) => text.replace("</svg>", "<?x y?></svg>")],
    ["something behind it", (text: string) => `${text}<svg></svg>\n`],
    ["an open element", (text: string) => text.replace("</title>", "")],
    ["a control character", (text: string) => text.replace("</title>", "\u0007</title>")],
    ["another namespace", (text: string) => text.replace("2000/svg", "1999/xhtml")],
    ["nothing", () => ""],
  ])("not %s", (_what, spoil) => {
    expect(isDrawingSvg(good)).toBe(true);
    const bad = spoil(good);
    expect(bad).not.toBe(good);
    expect(isDrawingSvg(bad)).toBe(false);
  });

  test("nothing throws, whatever comes", () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(good.length), (text, at) => {
        const mixedIn = good.slice(0, at) + text + good.slice(at);
        expect([true, false]).toContain(isDrawingSvg(mixedIn));
        expect(isDrawingSvg(text)).toBe(false);
      }),
    );
  });
});
