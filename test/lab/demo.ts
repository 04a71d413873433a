/** What `npm start` runs once the dependencies are there; start.mjs has checked the options and passes them as JSON. */
import * as z from "zod/mini";
import { openInBrowser } from "./demo/browser.ts";
import { openInDesktop } from "./demo/desktop.ts";
import { packExtension } from "./demo/package.ts";
import { prepareWorkspace } from "./demo/workspace.ts";
import { startLab } from "./lab.ts";
import { Undo } from "./undo.ts";

const optionsSchema = z.object({
  code: z.optional(z.boolean()),
  kubeconfig: z.optional(z.string()),
  recording: z.optional(z.boolean()),
  "unknown-host": z.optional(z.boolean()),
});
type Options = z.infer<typeof optionsSchema>;

/** A cluster to look at. */
interface Target {
  readonly settings: Readonly<Record<string, unknown>>;
  readonly sentence: string;
  /** Variables for VS Code: what a cluster of the user's needs for its own tools, nothing for the lab. */
  readonly env: Readonly<Record<string, string>>;
  /** What to do after the view is open, for people. */
  readonly step: string;
  /** What to click on then, for people. */
  readonly pod: string;
  stop(): Promise<void>;
}

async function openTarget(options: Options): Promise<Target> {
  if (options.kubeconfig !== undefined) {
    return {
      settings: { "podSandbox.kubeconfig": options.kubeconfig },
      sentence: `The cluster is that of ${options.kubeconfig}; nodes are reached with your own ssh config and keys.`,
      env: Object.fromEntries(
        Object.entries(process.env).flatMap(([key, value]) => (value === undefined ? [] : [[key, value]])),
      ),
      step: "open your context and a Kubernetes namespace",
      pod: "a pod",
      stop: () => Promise.resolve(),
    };
  }
  const lab = await startLab({
    pods: options.recording === true ? "recording" : "auto",
    hostKeyKnown: options["unknown-host"] !== true,
  });
  return {
    settings: lab.settings,
    sentence: `Lab: ${lab.describe()}`,
    env: {},
    step: "open lab > default",
    pod: "the pod web",
    stop: () => lab.stop(),
  };
}

async function demo(options: Options, undo: Undo, interrupted: Promise<void>): Promise<void> {
  const vsix = await packExtension();
  const target = await openTarget(options);
  undo.add(() => target.stop());
  const workspace = await prepareWorkspace();
  const open = options.code === true ? openInDesktop : openInBrowser;
  const window = await open({ vsix, workspace, settings: target.settings, env: target.env });
  undo.add(() => window.stop());

  console.log(`
${window.where}

  1. Click "Pod Sandboxes" in the activity bar on the far left,
  2. ${target.step},
  3. click ${target.pod}.

${target.sentence}
Ctrl-C ends everything.
`);
  await Promise.race([interrupted, window.closed]);
  console.log("Ending everything.");
}

/** Resolves at the first signal to end; at the second the process ends at once, and the kernel ends the pods with it. */
function untilInterrupted(): Promise<void> {
  return new Promise((end) => {
    let count = 0;
    const onSignal = (): void => {
      if (++count > 1) process.exit(130);
      end();
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"]) process.on(signal, onSignal);
  });
}

const undo = new Undo();
try {
  await demo(optionsSchema.parse(JSON.parse(process.argv[2] ?? "{}")), undo, untilInterrupted());
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
} finally {
  await undo.run();
}
// What is left are signal handlers and sockets that nobody waits for.
process.exit();
