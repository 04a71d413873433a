import { expect, test } from "vitest";
import { Recent } from "../../../extension/app/recent.ts";

test("the one that was kept the longest ago is forgotten first", () => {
  const recent = new Recent<number>(2);
  recent.put("a", 1);
  recent.put("b", 2);
  recent.put("a", 3);
  recent.put("c", 4);
  expect(["a", "b", "c"].map((key) => recent.get(key))).toEqual([3, undefined, 4]);
  recent.clear();
  expect(recent.get("a")).toBeUndefined();
});
