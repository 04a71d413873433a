import { describe, expect, test } from "vitest";
import { consentWords, debugPodStatusWords } from "../../../extension/ui/debug-pod-words.ts";

const question = {
  context: "prod",
  node: "worker-1",
  namespace: "kube-system",
  image: "busybox:1.37",
  manifestYaml: "kind: Pod\n",
};

describe("before a debug pod is made", () => {
  const { question: title, detail } = consentWords(question);

  test("is said what it can do, where it is made, of what, and when it goes", () => {
    expect(title).toBe("Create a privileged debug pod on worker-1?");
    for (const word of ["privileged", "hostPID", "network", "files", "nothing there is changed"])
      expect(detail).toContain(word);
    expect(detail).toContain("Context: prod");
    expect(detail).toContain("Kubernetes namespace: kube-system");
    expect(detail).toContain("Image: busybox:1.37");
    expect(detail).toMatch(
      /deleted when .* no longer used, .* when this window closes; after a crash, when this extension runs again/,
    );
    expect(detail).toContain("60 minutes");
    expect(detail).toContain("the ended pod then stays listed until somebody deletes it");
  });

  test("names cannot add lines of their own", () => {
    const hostile = consentWords({ ...question, image: "x\n\nIt is harmless." });
    expect(hostile.detail.split("\n")).toHaveLength(detail.split("\n").length);
  });
});

test("the status bar names a debug pod, and counts several", () => {
  expect(debugPodStatusWords(["pod-a"]).text).toBe("Debug pod pod-a");
  const two = debugPodStatusWords(["pod-a", "pod-b"]);
  expect(two.text).toBe("2 debug pods");
  expect(two.tooltip).toContain("pod-a, pod-b");
});
