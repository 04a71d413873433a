import * as z from "zod/mini";
import type { LessonPlace } from "../app/lesson-reading.ts";
import { SandboxError } from "../core/errors.ts";
import { type LessonMemory, type LessonStep, lessonSteps, nothingSeen } from "../core/lesson.ts";
import { type LessonTool, lessonTools } from "../core/lesson-commands.ts";

const step = z.enum(lessonSteps);
const seen = z.object({ pid: z.number(), startedMs: z.number() });
const text = z.string().check(z.maxLength(1000));
const name = text.check(z.minLength(1));

const memory = z.object({
  pause: z.nullable(seen),
  net: z.nullable(text),
  app: z.nullable(seen),
  orphan: z.nullable(z.extend(seen, { comm: text })),
});

const place = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("node"), context: z.nullable(name), node: name }),
  z.object({ kind: z.literal("pod"), context: name, namespace: name }),
]);

/** The step that a link of the walkthrough names. Throws SandboxError `bad-argument`. */
export function parseStep(argument: unknown): LessonStep {
  const parsed = z.object({ step }).safeParse(argument).data;
  if (parsed === undefined) throw noStep();
  return parsed.step;
}

/** The same with the tool whose commands are wanted. Throws SandboxError `bad-argument`. */
export function parseStepAndTool(argument: unknown): {
  readonly step: LessonStep;
  readonly tool: LessonTool;
} {
  const parsed = z.object({ step, tool: z.enum(lessonTools) }).safeParse(argument).data;
  if (parsed === undefined) throw noStep();
  return parsed;
}

/** What was kept of earlier checks; whatever else is found there counts as nothing. */
export function parseMemory(kept: unknown): LessonMemory {
  return memory.safeParse(kept).data ?? nothingSeen;
}

/** Where the lesson is taken, as it was kept; undefined for anything else. */
export function parseLessonPlace(kept: unknown): LessonPlace | undefined {
  return place.safeParse(kept).data;
}

function noStep(): SandboxError {
  const actual = "not a step of the lesson";
  return new SandboxError("bad-argument", actual, { facts: { actual } });
}
