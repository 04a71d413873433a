import { expect, test } from "vitest";
import { asIs } from "../../../extension/core/arrange.ts";
import { askedAgain, viewOf } from "../../../extension/core/report-view.ts";
import { container, report, samples } from "../../fixtures/reports/samples.ts";

const infra = container("pause", 100, { kind: "infra" });
const before = report([infra, container("app", 101)], []);

test("what was asked of a report is asked of the next, unless another container stands there", () => {
  const asked = { container: 1, type: "net" } as const;
  expect(askedAgain(asked, before, report([infra, container("app", 999)], []))).toEqual(asked);
  expect(askedAgain(asked, before, report([infra, container("other", 101)], []))).toBeNull();
  expect(askedAgain(asked, before, report([infra, { ...infra, name: "app" }], []))).toBeNull();
  expect(askedAgain(asked, before, report([infra], []))).toBeNull();
  expect(askedAgain({ container: null, type: "net" }, before, report([], []))).not.toBeNull();
  expect(askedAgain(null, before, before)).toBeNull();
});

test("a container that is not there has no explanation", () => {
  expect(viewOf(samples.plain, asIs, { container: 99, type: "net" }).explained).toBeNull();
  expect(viewOf(samples.plain, asIs, { container: 0, type: "net" }).explained).toMatchObject({
    container: 0,
  });
});
