import { expect, test } from "vitest";
import { namedIn, statusWords, titleOf } from "../../../extension/core/subject.ts";
import { otherSamples } from "../../fixtures/reports/other-samples.ts";
import { samples } from "../../fixtures/reports/samples.ts";

test("a pod goes by its name in its Kubernetes namespace, all else by its title on its node", () => {
  expect(titleOf(namedIn(samples.plain))).toEqual({ name: "web", place: "in default" });
  expect(titleOf(namedIn(otherSamples.dockerDemo))).toEqual({ name: "pause, nginx", place: "on node-a" });
});

test("what it is, and where", () => {
  expect(statusWords(samples.plain)).toBe("Running on node-a");
  expect(statusWords(otherSamples.dockerDemo)).toBe("Containers joined by hand on node-a");
  expect(statusWords(otherSamples.podmanPod)).toBe("Podman pod on node-a");
  expect(statusWords(otherSamples.plainContainer)).toBe("Container without a pod on node-a");
  expect(statusWords(otherSamples.unshared)).toBe("Processes without a container on node-a");
});
