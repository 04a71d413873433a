import { readFileSync } from "node:fs";

/** Mounts of this process's mount namespace, in the order in which they were made (proc_pid_mountinfo(5)). */
export function mountPoints(): { readonly path: string; readonly type: string }[] {
  const lines = readFileSync("/proc/self/mountinfo", "utf8").trimEnd().split("\n");
  return lines.map((line) => {
    const [before = "", after = ""] = line.split(" - ");
    const escaped = before.split(" ")[4] ?? "";
    const path = escaped.replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    return { path, type: after.split(" ")[0] ?? "" };
  });
}
