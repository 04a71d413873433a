import fc from "fast-check";
import { expect, test } from "vitest";
import { nsenterCommand } from "../../../extension/core/nsenter.ts";
import { anyComparison } from "../../fixtures/reports/arbitrary.ts";
import { insideSamples } from "../../fixtures/reports/inside-samples.ts";
import { samples } from "../../fixtures/reports/samples.ts";

test("the pause container is entered in all that is not the node's, with the node's files", () => {
  expect(nsenterCommand(samples.plain)).toBe("sudo nsenter -t 30208 -n -i -u -p");
  expect(nsenterCommand(samples.hostNetwork)).toMatch(/^sudo nsenter -t \d+ -i -p$/);
  expect(nsenterCommand(insideSamples.userNamespace)).toBe("sudo nsenter -t 30208 -n -i -u -p -U");
});

test("a container is entered by its name, and without a pause process the first that lives", () => {
  expect(nsenterCommand(samples.plain, "nginx")).toBe("sudo nsenter -t 30240 -n -i -u -p");
  expect(nsenterCommand(samples.plain, "nobody")).toBeNull();
  expect(nsenterCommand(samples.pinned)).toMatch(/^sudo nsenter -t \d+ -n/);
});

test("there is nothing to enter where nothing is known to be elsewhere", () => {
  expect(nsenterCommand(samples.virtualised)).toBeNull();
  expect(nsenterCommand(samples.denied)).toBeNull();
});

test("it is harmless to a shell whatever the report says", () => {
  fc.assert(
    fc.property(anyComparison, (report) => {
      expect(nsenterCommand(report) ?? "sudo nsenter -t 1 -n").toMatch(/^sudo nsenter -t \d+( -[niupUCT])+$/);
    }),
  );
});
