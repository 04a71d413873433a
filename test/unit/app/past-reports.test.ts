import { expect, test } from "vitest";
import { PastReports } from "../../../extension/app/past-reports.ts";
import { samples } from "../../fixtures/reports/samples.ts";

test("the last ten readings of a sandbox are kept, the latest first", () => {
  const past = new PastReports();
  const at = (second: number) => ({
    ...samples.plain,
    takenAt: `2026-11-23T12:00:${String(second).padStart(2, "0")}.000Z`,
  });
  for (let second = 0; second < 12; second++) past.keep(at(second));
  expect(past.before(at(11)).map(({ takenAt }) => takenAt.slice(17, 19))).toEqual([
    "10",
    "09",
    "08",
    "07",
    "06",
    "05",
    "04",
    "03",
    "02",
  ]);
  const other = { ...at(20), pod: { ...samples.plain.pod, name: "other" } };
  expect(past.before(other)).toEqual([]);
});
