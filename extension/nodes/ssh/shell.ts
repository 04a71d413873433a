import type { Machine } from "../settings.ts";

/**
 * The user's own shell for a command of their ssh config: $SHELL or /bin/sh, as OpenSSH does (readconf.c
 * execute_in_shell, sshconnect.c ssh_proxy_connect); cmd.exe on Windows, which takes the line as it is.
 */
export function shellOf(machine: Pick<Machine, "platform" | "env">): {
  readonly file: string;
  args(command: string): readonly string[];
  /** The command line in place of the shell, so that one process less is there to be ended. */
  replacing(command: string): string;
} {
  if (machine.platform === "win32") {
    return {
      file: machine.env["ComSpec"] ?? "cmd.exe",
      args: (command) => ["/d", "/s", "/c", `"${command}"`],
      replacing: (command) => command,
    };
  }
  const shell = machine.env["SHELL"];
  return {
    file: shell === undefined || shell === "" ? "/bin/sh" : shell,
    args: (command) => ["-c", command],
    replacing: (command) => `exec ${command}`,
  };
}
