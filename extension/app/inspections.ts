import { withHistory } from "../core/changes.ts";
import { asSandboxError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import type { PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import type { InspectRequest } from "./inspect.ts";
import { stepWords } from "./reading-step.ts";
import type { PodStore } from "./store.ts";

/** A step of an inspection, in words for the person who waits. */
export type OnProgress = (message: string) => void;

export interface InspectOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress;
}

/** Reads one pod's sandbox. Throws SandboxError. */
export type InspectPod = (ref: PodRef, request: InspectRequest) => Promise<SandboxReport>;

/**
 * Inspects, tells what has changed since the last time, tells the log how long it took, and leaves the report where the
 * tree and the hover look for it.
 */
export class Inspections {
  readonly #inspectPod: InspectPod;
  readonly #store: PodStore;
  readonly #log: Log;

  constructor(ports: { inspectPod: InspectPod; store: PodStore; log: Log }) {
    this.#inspectPod = ports.inspectPod;
    this.#store = ports.store;
    this.#log = ports.log;
  }

  async inspect(ref: PodRef, { signal, onProgress }: InspectOptions): Promise<SandboxReport> {
    const what = `inspect ${ref.context} ${ref.namespace}/${ref.name}`;
    const begun = performance.now();
    const elapsed = (): string => `${Math.round(performance.now() - begun)} ms`;
    try {
      const read = await this.#inspectPod(ref, {
        signal,
        onProgress: (step) => {
          this.#log.info(`${what}: ${elapsed()}: ${step.kind}`);
          onProgress?.(stepWords(step));
        },
      });
      const report = withHistory(read, this.#before(read));
      this.#log.info(`${what}: done in ${elapsed()}, ${report.findings.length} findings`);
      this.#store.addReport(report);
      return report;
    } catch (thrown) {
      const error = asSandboxError(thrown);
      this.#log.warn(`${what}: ${error.reason} after ${elapsed()}: ${error.message}`);
      throw error;
    }
  }

  /** The last report of this very pod: one of the same name that was made anew is another one. */
  #before({ pod }: SandboxReport): SandboxReport | undefined {
    const last = this.#store.report(pod.uid);
    return last?.pod.context === pod.context ? last : undefined;
  }
}
