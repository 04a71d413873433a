import { describe, expect, test } from "vitest";
import { isRuntimeInit, kernelOf, kernelOfHandler } from "../../../extension/core/programs.ts";
import { fakeProcess } from "../../support/fake-scan.ts";

describe("a runtime's process on its way into a container", () => {
  const id = "ab".repeat(32);
  const cgroup = `/kubepods/pod0b6c2a91-4ad1-4e0f-9a5f-1c2d3e4f5a6b/crio-${id}`;
  const crun = ["/usr/bin/crun", "--root=/run/crun", "create", "--bundle", "/b", id];
  const is = (comm: string, argv: readonly string[]): boolean =>
    isRuntimeInit(fakeProcess({ pid: 5, comm, argv, cgroup }));

  test.each([
    ["runc:[2:INIT]", ["/usr/bin/runc", "init"]],
    ["6", ["runc", "init"]],
    ["youki:[1:INTER]", ["youki", "create"]],
    ["crun", crun],
    ["memfd:crun_clon", crun],
    ["3", ["crun", "exec", "--process", "/p", id]],
  ])("%s %j is one", (comm, argv) => {
    expect(is(comm, argv)).toBe(true);
  });

  test.each([
    ["a crun that is a container's own program", "crun", ["crun", "create", "cd".repeat(32)]],
    ["a program that was started as crun but is another", "nginx", crun],
    ["crun in the foreground", "crun", ["crun", "run", id]],
    ["runc that does something else", "runc", ["runc", "list"]],
  ])("%s is none", (_what, comm, argv) => {
    expect(is(comm, argv)).toBe(false);
  });
});

describe("a kernel of its own", () => {
  test.each([
    ["runsc-sandbox", "gVisor"],
    ["/usr/bin/runsc-gofer", "gVisor"],
    ["/usr/local/bin/containerd-shim-runsc-v1", "gVisor"],
    ["/opt/kata/bin/containerd-shim-kata-v2", "a virtual machine (Kata Containers)"],
    ["/usr/bin/firecracker", "a virtual machine (Firecracker)"],
    ["cloud-hypervisor", "a virtual machine (Cloud Hypervisor)"],
    ["/usr/bin/qemu-system-x86_64", "a virtual machine (QEMU)"],
    ["/usr/libexec/qemu-kvm", "a virtual machine (QEMU)"],
  ])("%s is a sign of %s", (program, kernel) => {
    expect(kernelOf(["/pause", program])).toBe(kernel);
  });

  test("ordinary programs are a sign of none", () => {
    expect(kernelOf(["/pause", "nginx", "/usr/bin/containerd-shim-runc-v2", "qemu-img", ""])).toBeUndefined();
  });

  test("a RuntimeClass's handler tells it too", () => {
    expect(["gvisor", "runsc", "kata-qemu", "runc", ""].map(kernelOfHandler)).toEqual([
      "gVisor",
      "gVisor",
      "a virtual machine (Kata Containers)",
      undefined,
      undefined,
    ]);
  });
});
