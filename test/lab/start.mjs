// npm start: on a fresh clone with any Node.js that is new enough. What it does is in demo.ts; here is only the way there.
import { accessSync, constants } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { bootstrap, runScript } from "../support/bootstrap.mjs";

const help = `Opens Pod Sandbox Explorer in a real VS Code in the browser, on a lab of pods made for it.

  npm start                              the lab; real pods as root on Linux, else a recording of them
  npm start -- --code                    in the installed desktop VS Code ("code") instead of the browser
  npm start -- --kubeconfig FILE         a cluster of yours instead of the lab
  npm start -- --recording               the recorded pods even where real ones can be made
  npm start -- --unknown-host            the lab's node is not in known_hosts: you are asked about its key
  npm start -- --help                    this

Ctrl-C ends everything that was started.`;

const options = {
  code: { type: "boolean" },
  kubeconfig: { type: "string" },
  recording: { type: "boolean" },
  "unknown-host": { type: "boolean" },
  help: { type: "boolean", short: "h" },
};

function parse() {
  try {
    const { values } = parseArgs({ options });
    if (values.kubeconfig !== undefined && (values.recording || values["unknown-host"])) {
      throw new Error("--recording and --unknown-host are about the lab, --kubeconfig is instead of it.");
    }
    return { ...values, ...readable(values.kubeconfig) };
  } catch (error) {
    console.error(`${error.message}\n\n${help}`);
    return process.exit(2);
  }
}

/** A wrong path is the user's to know at once, not after the installation. */
function readable(kubeconfig) {
  if (kubeconfig === undefined) return {};
  // npm runs scripts in the package's folder and tells where it was called.
  const file = resolve(process.env.INIT_CWD ?? "", kubeconfig);
  try {
    accessSync(file, constants.R_OK);
  } catch (error) {
    throw new Error(`The kubeconfig ${file} cannot be read: ${error.code}.`, { cause: error });
  }
  return { kubeconfig: file };
}

const { help: asked, ...values } = parse();
if (asked) {
  console.log(help);
} else {
  bootstrap();
  runScript("test/lab/demo.ts", [JSON.stringify(values)]);
}
