import * as fc from "fast-check";
import { describe, expect, test } from "vitest";
import { lessonSteps, nothingSeen } from "../../../extension/core/lesson.ts";
import {
  parseLessonPlace,
  parseMemory,
  parseStep,
  parseStepAndTool,
} from "../../../extension/ui/lesson-schema.ts";
import manifest from "../../../package.json" with { type: "json" };
import texts from "../../../package.nls.json" with { type: "json" };

const words: Readonly<Record<string, string>> = texts;

describe("the walkthrough", () => {
  const lesson = manifest.contributes.walkthroughs.find(({ id }) => id === "lesson");

  test("has each step of the lesson, done by its own context key", () => {
    expect(lesson?.steps.map(({ id }) => id)).toEqual(lessonSteps);
    for (const { id, completionEvents } of lesson?.steps ?? []) {
      expect(completionEvents).toEqual([`onContext:podSandbox.lesson.${id}`]);
    }
  });

  test.each(lessonSteps)("the links of step %s say what the commands take", (step) => {
    const links = [
      ...(words[`lesson.${step}.description`] ?? "").matchAll(/command:podSandbox\.(\w+)\?([^)]+)\)/g),
    ];
    const asked = links.map(([, command = "", argument = ""]) => {
      const parsed: unknown = JSON.parse(decodeURIComponent(argument));
      return command === "checkLesson"
        ? parseStep(parsed)
        : Object.values(parseStepAndTool(parsed)).join(" ");
    });
    expect(asked).toEqual([`${step} docker`, `${step} podman`, `${step} kubectl`, step]);
  });
});

test("what is no step is refused, and nothing else is thrown", () => {
  fc.assert(
    fc.property(fc.anything(), (anything) => {
      expect(() => parseStep(anything)).toThrow(expect.objectContaining({ reason: "bad-argument" }));
      expect(() => parseStepAndTool(anything)).toThrow(expect.objectContaining({ reason: "bad-argument" }));
    }),
  );
});

test("what was kept is believed in its own form alone", () => {
  const pause = { pid: 812, startedMs: 1000 };
  const memory = { pause, net: "4026532834", app: null, orphan: { ...pause, comm: "sleep" } };
  expect(parseMemory(memory)).toEqual(memory);
  expect(parseMemory({ ...memory, pause: "812" })).toEqual(nothingSeen);
  expect(parseLessonPlace({ kind: "node", context: null, node: "localhost" })).toBeDefined();
  fc.assert(
    fc.property(fc.anything(), (anything) => {
      expect(parseMemory(anything)).toEqual(nothingSeen);
      expect(parseLessonPlace(anything)).toBeUndefined();
    }),
  );
});
