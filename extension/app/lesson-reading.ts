import { asSandboxError } from "../core/errors.ts";
import { appName, type LessonReading, pauseName } from "../core/lesson.ts";
import type { PodRef } from "../core/pod.ts";
import type { SandboxReport } from "../core/report.ts";
import type { InspectOptions } from "./inspections.ts";
import type { NodePlace } from "./node-place.ts";
import type { NodeReadings } from "./node-readings.ts";

/** Where a reader takes the lesson: with containers on a node or host, or with a pod. */
export type LessonPlace =
  | ({ readonly kind: "node" } & NodePlace)
  | { readonly kind: "pod"; readonly context: string; readonly namespace: string };

export interface LessonReadingPorts {
  readonly readings: Pick<NodeReadings, "readNode" | "inspectOther">;
  inspectPod(ref: PodRef, options: InspectOptions): Promise<SandboxReport>;
}

/** Reads what a check of the lesson goes by. What is not there is an answer; else it throws SandboxError as readings do. */
export async function readLesson(
  ports: LessonReadingPorts,
  place: LessonPlace,
  options: InspectOptions,
): Promise<LessonReading> {
  if (place.kind === "pod") {
    const { context, namespace } = place;
    const sandbox = await orNone(ports.inspectPod({ context, namespace, name: appName }, options));
    return { sandbox, apart: false };
  }
  const { others } = await ports.readings.readNode(place, options);
  const lesson = others.find(({ members }) => members.includes(pauseName));
  const apart = others.some((other) => other !== lesson && other.members.includes(appName));
  const sandbox =
    lesson === undefined ? null : await orNone(ports.readings.inspectOther(place, lesson.key, options));
  return { sandbox, apart };
}

async function orNone<T>(reading: Promise<T>): Promise<T | null> {
  try {
    return await reading;
  } catch (thrown) {
    const error = asSandboxError(thrown);
    if (notThere.includes(error.reason)) return null;
    throw error;
  }
}

const notThere: readonly string[] = ["sandbox-gone", "pod-gone", "pod-not-scheduled", "pod-finished"];
