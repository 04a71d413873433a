import { expect, test } from "vitest";
import { NodeStates, type ReadNode } from "../../../extension/app/node-states.ts";
import { SandboxError } from "../../../extension/core/errors.ts";
import { fakeNodeView } from "../../support/fake-node-view.ts";
import { silent } from "./fake-cluster.ts";

const place = { context: "lab", node: "node-a" };

function setup(readNode: ReadNode): { states: NodeStates; kinds: string[] } {
  const states = new NodeStates({ readNode, log: silent });
  const kinds: string[] = [];
  states.onChange((changed) => kinds.push(states.of(changed).kind));
  return { states, kinds };
}

test("a node is read when asked for, once at a time, and the others are left alone", async () => {
  let readings = 0;
  const { states, kinds } = setup(async () => {
    readings += 1;
    return fakeNodeView();
  });
  expect(states.of(place)).toEqual({ kind: "unread" });
  await Promise.all([states.read(place), states.read({ ...place })]);
  expect(readings).toBe(1);
  expect(kinds).toEqual(["reading", "read"]);
  expect(states.of({ context: null, node: "node-a" })).toEqual({ kind: "unread" });
});

test("what was seen stays when a later reading fails", async () => {
  const view = fakeNodeView();
  const answers: (() => Promise<typeof view>)[] = [
    async () => view,
    async () => Promise.reject(new SandboxError("ssh-refused", "no")),
  ];
  const { states, kinds } = setup(async () => (answers.shift() ?? (async () => view))());
  await states.read(place);
  await states.read(place);
  expect(states.of(place)).toMatchObject({ kind: "failed", error: { reason: "ssh-refused" }, view });
  await states.read(place);
  expect(kinds).toEqual(["reading", "read", "reading", "failed", "reading", "read"]);
});

test("closing ends what is going on", async () => {
  const { states } = setup(
    async (_place, { signal }) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener("abort", () => reject(new SandboxError("cancelled", "closed")));
      }),
  );
  const reading = states.read(place);
  states.close();
  await reading;
  expect(states.of(place)).toMatchObject({ kind: "failed", error: { reason: "cancelled" } });
});
