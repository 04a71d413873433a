import { readdir, readFile } from "node:fs/promises";
import type { ServerChannel } from "ssh2";
import * as z from "zod/mini";
import type { KubeObject } from "./api-store.ts";
import type { CommandRunner } from "./ssh-server.ts";

export const recordingsFolder = new URL("../fixtures/recordings/", import.meta.url);

const kubeObject = z.looseObject({ metadata: z.looseObject({ name: z.string() }) });

const answerSchema = z.object({
  /** Of the pod that was asked for: metadata.uid, or a static pod's config hash. */
  uid: z.string().check(z.regex(/^[0-9a-f-]{32,36}$/)),
  /** Without their line feeds; one string would not be readable in a diff. */
  lines: z.array(z.string()),
});

const recordingSchema = z.object({
  /** ISO 8601 */
  takenAt: z.string(),
  nodes: z.array(kubeObject),
  pods: z.array(kubeObject),
  answers: z.array(answerSchema),
});

/** What a node answered when it was asked for one pod. */
export type RecordedAnswer = z.infer<typeof answerSchema>;

/** Pods and nodes as the API had them, and what the node's kernel said of them at the same time. */
export interface Recording {
  readonly takenAt: string;
  readonly nodes: readonly KubeObject[];
  readonly pods: readonly KubeObject[];
  readonly answers: readonly RecordedAnswer[];
}

/** All recordings as one; the time is the oldest one's. */
export async function readRecordings(): Promise<Recording> {
  const files = (await readdir(recordingsFolder)).filter((name) => name.endsWith(".json")).toSorted();
  const recordings = await Promise.all(
    files.map(async (name) =>
      recordingSchema.parse(JSON.parse(await readFile(new URL(name, recordingsFolder), "utf8"))),
    ),
  );
  return {
    takenAt: recordings.map(({ takenAt }) => takenAt).toSorted()[0] ?? "",
    nodes: recordings.flatMap(({ nodes }) => nodes.map(marked)),
    pods: recordings.flatMap(({ pods }) => pods),
    answers: recordings.flatMap(({ answers }) => answers),
  };
}

const nodeStatus = z.looseObject({ nodeInfo: z.looseObject({ osImage: z.string() }) });

/** The node says on its face that it is a recording. */
function marked(node: KubeObject): KubeObject {
  const status = nodeStatus.parse(node["status"]);
  const { nodeInfo } = status;
  return {
    ...node,
    status: { ...status, nodeInfo: { ...nodeInfo, osImage: `RECORDING of ${nodeInfo.osImage}` } },
  };
}

/** Answers a command with what was recorded for the pod whose UID it names; runs nothing. */
export function replay(answers: readonly RecordedAnswer[]): CommandRunner {
  return (command: string, channel: ServerChannel): void => {
    const answer = answers.find(({ uid }) => command.includes(uid));
    // As a program that reads its whole input first.
    channel.on("end", () => {
      if (answer === undefined)
        channel.stderr.write("this is a recording of a few pods; nothing else of the node was recorded\n");
      else channel.write(answer.lines.map((line) => `${line}\n`).join(""));
      channel.exit(answer === undefined ? 127 : 0);
      channel.end();
    });
    channel.resume();
  };
}
