/** Ends the title of what is skipped, so that the list of skipped tests says why; nothing where nothing is. */
export function because(obstacle: string | undefined): string {
  return obstacle === undefined ? "" : ` (${obstacle})`;
}

/** Why the processes of other users and Linux namespaces of one's own are out of reach; undefined when they are not. */
export const whyNotRoot: string | undefined =
  process.platform === "linux" && process.getuid?.() === 0 ? undefined : "needs root on Linux";
