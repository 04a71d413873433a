/** What the bench tells its API server to do from now on. */
export type ServerOrder =
  /** To change so many pods a second, among the first `among` of them. */
  { readonly kind: "change"; readonly among: number; readonly perSecond: number } | { readonly kind: "rest" };

/** What the server says. */
export interface ServerWord {
  readonly kind: "ready";
  readonly kubeconfig: string;
}
