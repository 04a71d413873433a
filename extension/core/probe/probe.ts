/**
 * A question to a node that owns the parser of its answer, so that every parser is tested without I/O and a transport
 * knows nothing of the domain. `argv` runs a constant program on the node and `stdin` is its constant script; what
 * comes from data stands in `argv` as checked arguments alone.
 */
export interface NodeProbe<T> {
  readonly argv: readonly string[];
  readonly stdin: string;
  /** Throws SandboxError `probe-output` when the output is not a whole answer. */
  parse(output: string): T;
}
