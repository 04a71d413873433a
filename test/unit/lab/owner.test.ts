import { describe, expect, test } from "vitest";
import { isAlive, isOwner, newOwner } from "../../lab/owner.ts";

describe("owner of a lab's things", () => {
  test("two labs of one process have two owners, both alive with it", () => {
    const owners = [newOwner(), newOwner()];
    expect(new Set(owners).size).toBe(2);
    expect(owners.every(isOwner)).toBe(true);
    expect(owners.every(isAlive)).toBe(true);
  });

  test("is dead when nothing has its PID", () => {
    // Above the largest PID that Linux gives (PID_MAX_LIMIT, 2^22).
    expect(isAlive("4194305-1-00000000")).toBe(false);
  });

  test.runIf(process.platform === "linux")("is dead when its PID was given to another process", () => {
    const [pid = "", started = "", random = ""] = newOwner().split("-");
    expect(isAlive(`${pid}-${Number(started) - 1}-${random}`)).toBe(false);
  });

  test.each(["", "12", "1-2", "1-2-zz", "../1-2-00000000", "1-2-00000000/.."])(
    "%j is no owner's name",
    (name) => {
      expect(isOwner(name)).toBe(false);
    },
  );
});
