import { describe, expect, test } from "vitest";
import type { AnyReport } from "../../../extension/core/report.ts";
import { isTouched, type Lit, type PodPart, rowMark } from "../../../extension/ui/row-mark.ts";
import { container, finding, nginx, pause, readings, report } from "../../fixtures/reports/samples.ts";

const pod: PodPart = { kind: "pod" };
const sandbox: PodPart = { kind: "sandbox" };
const ofNginx: PodPart = { kind: "container", name: "nginx", containerKind: "app" };

describe("what was found", () => {
  const seen = report(
    [pause, nginx],
    [
      finding("sharing-differs", "error", "nginx", "net", "nginx is in the node's network."),
      finding("zombies", "warning", "nginx", null, "nginx has a zombie."),
      finding("held-by-nothing", "warning", null, null, "Nothing holds it."),
      finding("nested-node", "info", null, null, "The node is a container."),
    ],
  );

  test("is counted where it belongs, without what is only said", () => {
    expect(rowMark(pod, seen, undefined)).toMatchObject({ badge: "3", tone: "error" });
    expect(rowMark(ofNginx, seen, undefined)).toEqual({
      badge: "2",
      tone: "error",
      words: "2 findings: nginx is in the node's network. nginx has a zombie.",
    });
    expect(rowMark(sandbox, seen, undefined)).toEqual({
      badge: "1",
      tone: "warning",
      words: "1 finding: Nothing holds it.",
    });
  });

  test("is nothing for a pod in order, or one that was not inspected", () => {
    const calm = report([pause, nginx], [finding("nested-node", "info", null, null, "It is nested.")]);
    expect(rowMark(pod, calm, undefined)).toBeUndefined();
    expect(rowMark(pod, undefined, undefined)).toBeUndefined();
  });

  test("of many, the badge stays as short as VS Code wants it, and hostile text one line", () => {
    const many = Array.from({ length: 12 }, () => finding("zombies", "warning", "nginx", null, "a\n\u202Eb"));
    const mark = rowMark(ofNginx, report([pause, nginx], many), undefined);
    expect(mark?.badge).toBe("9+");
    expect(mark?.words).not.toMatch(/[\p{Cc}\p{Cf}]/u);
  });
});

describe("the Linux namespace that is looked at", () => {
  const web = report([pause, nginx]);
  const net = web.containers[0]?.namespaces.net;
  const inode = net?.status === "read" ? net.inode : "";
  const lit = (of: AnyReport = web): Lit => ({ namespace: { type: "net", inode }, report: of });

  test("lights up each row in it, with the letter of the panel, and names the others", () => {
    expect(rowMark(ofNginx, web, lit())).toEqual({
      badge: "A",
      tone: "lit",
      words: `In the same Linux namespace as pause: net:[${inode}]`,
    });
    expect(rowMark(sandbox, web, lit())?.words).toContain("as nginx:");
    expect(rowMark(ofNginx, web, { ...lit(), namespace: { type: "pid", inode } })).toBeUndefined();
  });

  test("lights up another pod of the same boot, and none of another", () => {
    const guest = container("guest", 77, { namespaces: readings(77) });
    const other = { uid: "another", name: "other" };
    const part: PodPart = { kind: "container", name: "guest", containerKind: "app" };
    const beside = report([guest], [], { pod: other });
    expect(rowMark(part, beside, lit())?.words).toBe(
      `The same inode as pause, nginx of web when they were read: net:[${inode}]`,
    );
    const away = report([guest], [], { pod: other, node: { bootId: "another" } });
    expect(rowMark(part, away, lit())).toBeUndefined();
    const nameless = report([guest], [], { pod: other, node: { bootId: "" } });
    expect(isTouched(nameless, lit(nameless))).toBe(false);
  });

  test("comes before what was found, and findings come back when it goes out", () => {
    const seen = report(
      [pause, nginx],
      [finding("zombies", "warning", "nginx", null, "nginx has a zombie.")],
    );
    expect(rowMark(ofNginx, seen, lit(seen))?.tone).toBe("lit");
    expect(rowMark(ofNginx, seen, undefined)?.tone).toBe("warning");
  });
});
