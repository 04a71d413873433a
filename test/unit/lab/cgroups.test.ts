import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseHierarchies } from "../../lab/pods/cgroups.ts";

describe("cgroup hierarchies in mountinfo", () => {
  test("a v2-only host has one", () => {
    const text = "30 24 0:26 / /sys/fs/cgroup rw,nosuid - cgroup2 cgroup2 rw,nsdelegate\n";
    expect(parseHierarchies(text)).toEqual([{ version: 2, mountPoint: "/sys/fs/cgroup", controllers: [] }]);
  });

  test("a hybrid host has v1 hierarchies, some for several controllers, and v2 beside them", () => {
    const text = [
      "24 1 8:1 / / rw - ext4 /dev/sda1 rw",
      "31 30 0:28 / /sys/fs/cgroup/systemd rw shared:9 - cgroup cgroup rw,xattr,name=systemd",
      "33 30 0:30 / /sys/fs/cgroup/cpu,cpuacct rw shared:10 master:3 - cgroup cgroup rw,cpu,cpuacct",
      "34 30 0:31 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw",
      "",
    ].join("\n");
    expect(parseHierarchies(text)).toEqual([
      { version: 1, mountPoint: "/sys/fs/cgroup/systemd", controllers: ["name=systemd"] },
      { version: 1, mountPoint: "/sys/fs/cgroup/cpu,cpuacct", controllers: ["cpu", "cpuacct"] },
      { version: 2, mountPoint: "/sys/fs/cgroup/unified", controllers: [] },
    ]);
  });

  test("a second mount of the same hierarchy and a mount of a part of one are passed over", () => {
    const text = [
      "31 30 0:28 /docker/abc /mnt/part rw - cgroup cgroup rw,pids",
      "32 30 0:28 / /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids",
      "33 30 0:28 / /mnt/again rw - cgroup cgroup rw,pids",
    ].join("\n");
    expect(parseHierarchies(text)).toEqual([
      { version: 1, mountPoint: "/sys/fs/cgroup/pids", controllers: ["pids"] },
    ]);
  });

  test.each(["", "\n", "x", "1 2 3", " - cgroup", "31 30 0:28 / /x rw - cgroup cgroup rw"])(
    "%j has none",
    (text) => {
      expect(parseHierarchies(text)).toEqual([]);
    },
  );

  test("whatever the text, every v1 hierarchy has a controller", () => {
    const word = fc.oneof(
      fc.constantFrom("cgroup", "cgroup2", "-", "/", " - ", "rw,pids", "\n"),
      fc.string(),
    );
    fc.assert(
      fc.property(fc.array(word), (words) => {
        for (const { version, controllers } of parseHierarchies(words.join(" "))) {
          expect(version === 2 || controllers.length > 0).toBe(true);
        }
      }),
    );
  });
});
