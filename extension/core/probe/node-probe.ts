import type { NodeScan } from "../scan.ts";
import { type Elevation, launch } from "./launcher.ts";
import { nodeScript } from "./node-script.ts";
import { parseScan } from "./parse-scan.ts";
import type { NodeProbe } from "./probe.ts";

/** The probe for a whole node: every process, every container of every runtime. Its cost is the node's. */
export function nodeProbe({ elevation }: { readonly elevation: Elevation }): NodeProbe<NodeScan> {
  return { argv: launch(elevation, []), stdin: nodeScript, parse: parseScan };
}
