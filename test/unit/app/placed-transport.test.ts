import fc from "fast-check";
import { expect, test } from "vitest";
import { placedTransport, placeOf } from "../../../extension/app/placed-transport.ts";
import { SandboxError } from "../../../extension/core/errors.ts";

const limits = { signal: new AbortController().signal, timeoutMs: 1000, maxBytes: 1000 };

async function errorOf(thrown: unknown, context: string | null, node: string): Promise<SandboxError> {
  const fail = async (): Promise<never> => Promise.reject(thrown);
  const transport = placedTransport({ run: fail, terminal: fail }, { context, node });
  const seen = async (answer: Promise<unknown>): Promise<SandboxError> =>
    answer.then(
      () => expect.unreachable(),
      (error: unknown) => (error instanceof SandboxError ? error : expect.unreachable()),
    );
  const error = await seen(transport.run({ argv: ["true"], stdin: "" }, limits));
  const size = { columns: 80, rows: 24 };
  expect(await seen(transport.terminal({ argv: ["true"], size }, limits))).toEqual(error);
  return error;
}

test("an error of a transport tells where the node is, whatever it is called, and stays what it was", async () => {
  const refused = new SandboxError("ssh-refused", "refused", { facts: { host: "10.0.0.5" } });
  await fc.assert(
    fc.asyncProperty(fc.option(fc.string()), fc.string(), async (context, node) => {
      const error = await errorOf(refused, context, node);
      expect(placeOf(error)).toEqual({ context, node });
      expect(error).toMatchObject({ reason: "ssh-refused", message: "refused", cause: refused });
      expect(error.facts["host"]).toBe("10.0.0.5");
    }),
  );
});

test("so does one that is not ours", async () => {
  const error = await errorOf(new TypeError("oh"), "prod", "a");
  expect(error.reason).toBe("internal");
  expect(placeOf(error)).toEqual({ context: "prod", node: "a" });
});

test("other errors have no place, whatever their facts hold", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.json()), (place) => {
      const found = placeOf(new SandboxError("internal", "", { facts: { place } }));
      if (found !== undefined) expect(typeof found.node).toBe("string");
    }),
  );
  expect(placeOf(new SandboxError("internal", ""))).toBeUndefined();
});
