import type { CancellationToken } from "vscode";

/** Runs with a signal that aborts when the token is cancelled: tokens end at the edge of this room. */
export async function withSignal<T>(
  token: CancellationToken,
  run: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  if (token.isCancellationRequested) controller.abort();
  const listening = token.onCancellationRequested(() => controller.abort());
  try {
    return await run(controller.signal);
  } finally {
    listening.dispose();
  }
}
