import type { NodeScan } from "../scan.ts";
import { nodeScript } from "./node-script.ts";
import { parseScan } from "./parse-scan.ts";
import { perlNode } from "./perl-node.ts";
import type { NodeProbe } from "./probe.ts";
import { readerCommand } from "./reader.ts";

/** The probe for a whole node: every process, every container of every runtime. Its cost is the node's. */
export function nodeProbe(): NodeProbe<NodeScan> {
  return { ...readerCommand({ shell: nodeScript, perl: perlNode }, []), parse: parseScan };
}
