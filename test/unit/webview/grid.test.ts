import { expect, test } from "vitest";
import { placeAfter } from "../../../webview/grid.ts";

const size = { row: 9, column: 4 };
const press = (key: string, row: number, column: number, ctrlKey = false): unknown =>
  placeAfter({ row, column }, { key, ctrlKey, metaKey: false }, size);

test("arrows go by one and stop at the edge; Home and End go along the row, with Ctrl to the corners", () => {
  expect(press("ArrowRight", 1, 0)).toEqual({ row: 1, column: 1 });
  expect(press("ArrowUp", 1, 1)).toEqual({ row: 0, column: 1 });
  expect(press("ArrowLeft", 1, 0)).toBeNull();
  expect(press("ArrowDown", 8, 0)).toBeNull();
  expect(press("Home", 3, 2)).toEqual({ row: 3, column: 0 });
  expect(press("End", 3, 2)).toEqual({ row: 3, column: 3 });
  expect(press("Home", 3, 2, true)).toEqual({ row: 1, column: 0 });
  expect(press("End", 3, 2, true)).toEqual({ row: 8, column: 3 });
  expect(press("a", 3, 2)).toBeNull();
});
