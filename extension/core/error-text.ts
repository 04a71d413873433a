import type { ErrorReason, SandboxError } from "./errors.ts";
import { oneLine } from "./one-line.ts";

/** What people are shown of an error: two plain-text sentences or a few. */
export interface ErrorText {
  /** What is wrong, with its full stop. */
  readonly title: string;
  /** What to do about it, with its full stop. */
  readonly next: string;
}

/** The facts that the sentences know. All are optional: each sentence is whole without them. */
export type FactName =
  | "host"
  | "port"
  | "user"
  | "node"
  | "file"
  | "line"
  | "expected"
  | "actual"
  | "verb"
  | "resource"
  | "namespace"
  | "context"
  | "pod"
  | "command"
  | "setting"
  | "timeoutSeconds"
  | "seconds"
  | "detail"
  | "feature"
  | "tried"
  | "methods"
  | "container";

/** The sentences for an error. Facts are untrusted: they come out as one short, printable line. */
export function errorText(error: SandboxError): ErrorText {
  return sentences[error.reason](new Facts(error.facts));
}

/** Longest a fact may get inside a sentence, in characters; a SHA-256 fingerprint has 50. */
const maxFactLength = 120;

class Facts {
  readonly #values: Readonly<Record<string, string>>;

  constructor(values: Readonly<Record<string, string>>) {
    this.#values = values;
  }

  /** The fact, or these words instead. */
  or(name: FactName, fallback: string): string {
    return this.clause("", name) || fallback;
  }

  /** The fact with the words around it; nothing at all where there is none. */
  clause(before: string, name: FactName, after = ""): string {
    const value = Object.hasOwn(this.#values, name) ? oneLine(this.#values[name] ?? "", maxFactLength) : "";
    return value === "" ? "" : `${before}${value}${after}`;
  }

  /** ": " and the technical cause, without its last mark. */
  cause(name: "detail" | "feature" | "actual" = "detail"): string {
    return this.clause(": ", name).replace(/[.:?!\s]+$/, "");
  }

  /** "30 s" with the words before it. */
  duration(before: string): string {
    return this.clause(before, "timeoutSeconds", " s") || this.clause(before, "seconds", " s");
  }

  /** "Pod shop/web" or, where its name is not known, "The pod". */
  pod(): string {
    const name = this.clause("", "pod");
    return name === "" ? "The pod" : `Pod ${this.clause("", "namespace", "/")}${name}`;
  }

  /** "10.0.0.5, port 2222 (node worker-1)". */
  target(): string {
    const host = this.clause("", "host");
    if (host === "") return this.or("node", "the node");
    return `${host}${this.clause(", port ", "port")}${this.clause(" (node ", "node", ")")}`;
  }
}

const sentences: Readonly<Record<ErrorReason, (facts: Facts) => ErrorText>> = {
  "kubeconfig-missing": (f) => ({
    title: `No kubeconfig was found${f.clause(" at ", "file")}.`,
    next: "Put one at ~/.kube/config, set the environment variable KUBECONFIG, or name a file in the settings.",
  }),
  "kubeconfig-invalid": (f) => ({
    title: `The kubeconfig${f.clause(" ", "file")} cannot be used${f.clause(": line ", "line", " is not valid")}.`,
    next: "Correct the file, then refresh; the command kubectl config view names the same fault.",
  }),
  "context-missing": (f) => ({
    title: `The kubeconfig has no ${f.clause("context ", "context") || "such context"}.`,
    next: "Choose another context, or add this one to the kubeconfig.",
  }),
  "credentials-failed": (f) => ({
    title:
      `No credentials could be had${f.clause(" for context ", "context")}` +
      `${f.clause(": the program ", "command", " failed")}.`,
    next: "Sign in to the cluster in a terminal until kubectl get pods works there, then refresh.",
  }),
  unauthorized: (f) => ({
    title: `The cluster does not accept your credentials${f.clause(" for context ", "context")}.`,
    next: "They may have expired: sign in again in a terminal until kubectl get pods works there, then refresh.",
  }),
  forbidden: (f) => ({
    title:
      `You are not allowed to ${f.or("verb", "read")} ${f.or("resource", "this")}` +
      `${f.clause(" in the Kubernetes namespace ", "namespace")}.`,
    next: "Ask whoever runs the cluster for this permission, or choose another context or Kubernetes namespace.",
  }),
  "api-unreachable": (f) => ({
    title: `The API server${f.clause(" ", "host")}${f.clause(", port ", "port")} cannot be reached.`,
    next: "Check that the cluster is up and that your network or VPN leads to it; it is tried again by itself.",
  }),
  "api-tls": (f) => ({
    title: `The certificate of the API server${f.clause(" ", "host")} cannot be trusted.`,
    next: "Check certificate-authority and server in the kubeconfig: the certificate may have expired or be another cluster's.",
  }),
  "api-timeout": (f) => ({
    title: `The API server${f.clause(" ", "host")} did not answer${f.duration(" within ")}.`,
    next: "Try again; if the cluster is always slow, raise the timeout in the settings.",
  }),
  "api-error": (f) => ({
    title:
      `The API server answered with an error${f.clause(" (", "actual", ")")}` +
      `${f.clause(" when asked for ", "resource")}.`,
    next: "Try again; the log has the whole answer.",
  }),
  "pod-gone": (f) => ({
    title: `${f.pod()} no longer exists.`,
    next: "Refresh the list and choose another; a workload may have started a new pod under another name.",
  }),
  "pod-not-scheduled": (f) => ({
    title: `${f.pod()} is not on any node yet.`,
    next: "Wait until it is scheduled; the command kubectl describe pod tells what it waits for.",
  }),
  "pod-finished": (f) => ({
    title: `${f.pod()} has finished: none of its processes is left to look at.`,
    next: "Choose a pod that is running.",
  }),
  "pod-windows": (f) => ({
    title: `${f.pod()} runs on Windows, which has no Linux namespaces.`,
    next: "Choose a pod on a Linux node.",
  }),
  "node-virtual": (f) => ({
    title: `The node${f.clause(" ", "node")} is virtual: there is no machine of yours behind it to look into.`,
    next: "Choose a pod on an ordinary node.",
  }),
  "node-windows": (f) => ({
    title: `The node${f.clause(" ", "node")} runs Windows, which has no Linux namespaces.`,
    next: "Choose a Linux node.",
  }),
  "sandbox-gone": (f) => ({
    title: `This sandbox is no longer on ${f.or("node", "its node")}.`,
    next: "Its containers or processes have ended. Refresh the list of the node and choose another.",
  }),
  "node-gone": (f) => ({
    title: `The node${f.clause(" ", "node")} is no longer part of the cluster.`,
    next: "Refresh; its pods will soon be gone or run elsewhere.",
  }),
  "node-no-address": (f) => ({
    title: `The cluster tells no usable address for the node${f.clause(" ", "node")}${f.cause()}.`,
    next: "Give the address in the settings or a Host entry for the node in your SSH config, or choose another way onto the node.",
  }),
  "ssh-config-invalid": (f) => ({
    title: `The SSH config${f.clause(" ", "file")}${f.clause(", line ", "line", ",")} cannot be used${f.cause()}.`,
    next: "Correct the file, then try again.",
  }),
  "ssh-unresolved": (f) => ({
    title: `The name ${f.or("host", "of the node")} cannot be resolved to an address.`,
    next: "Check the name and your DNS or VPN, or give the node's address in the settings or in your SSH config.",
  }),
  "ssh-refused": (f) => ({
    title: `No SSH server answers at ${f.target()}: the connection was refused.`,
    next: "Check that sshd runs on the node and that the port is right; where nodes come without SSH, choose another way onto them.",
  }),
  "ssh-timeout": (f) => ({
    title: `No answer from ${f.target()} over SSH${f.duration(" within ")}.`,
    next: "Check that your network or VPN leads to the node and that no firewall is in between; a jump host may be needed.",
  }),
  "ssh-unreachable": (f) => ({
    title: `There is no route to ${f.target()}.`,
    next: "Check your network or VPN, or name a jump host in your SSH config or in the settings.",
  }),
  "ssh-unsupported": (f) => ({
    title: `The SSH settings for ${f.target()} need something that is not supported${f.cause("feature") || f.cause()}.`,
    next: "Set podSandbox.ssh.client to openssh, which takes the installed ssh, or change the entry in your SSH config.",
  }),
  "ssh-host-key-unknown": (f) => ({
    title: `The host key of ${f.target()} is not known${f.cause("actual") || f.cause()}.`,
    next: "Compare the fingerprint with the node's own before you accept it; until then nothing is sent there.",
  }),
  "ssh-host-key-changed": (f) => ({
    title:
      `The host key of ${f.target()} has changed` +
      `${f.clause(". Known: ", "expected")}${f.clause(". Offered: ", "actual")}.`,
    next:
      "Somebody may be in between. If the node was set up anew, remove its old key " +
      `from ${f.or("file", "known_hosts")}${f.clause(", line ", "line")}, then try again.`,
  }),
  "ssh-host-key-revoked": (f) => ({
    title: `The host key of ${f.target()} is marked as revoked${f.clause(": ", "actual")}.`,
    next: `Do not connect. Ask whoever marked it in ${f.or("file", "known_hosts")}${f.clause(", line ", "line")}.`,
  }),
  "ssh-auth-failed": (f) => ({
    title: `${f.target().replace(/^the/, "The")} did not let${f.clause(" user ", "user") || " you"} in${f.cause()}.`,
    next:
      `Check the user and key in the settings or in your SSH config${f.clause(". Tried: ", "tried")}` +
      `${f.clause(". The server takes: ", "methods")}.`,
  }),
  "ssh-key-unreadable": (f) => ({
    title: `The SSH key${f.clause(" ", "file")} cannot be used${f.cause()}.`,
    next: "Check that the file exists, is a private key and is yours, and that its passphrase is right.",
  }),
  "ssh-connection-lost": (f) => ({
    title: `The connection to ${f.target()} broke off${f.cause()}.`,
    next: "Try again: a new connection is made.",
  }),
  "ssh-program": (f) => ({
    title: `The installed ssh${f.clause(" ", "file")} cannot be used${f.cause()}.`,
    next: "Check in a terminal that ssh is installed and leads to the node, or set podSandbox.ssh.client to builtin.",
  }),
  "ssh-untrusted": (f) => ({
    title: `The way to ${f.target()} takes a program that your SSH config names${f.cause("feature")}.`,
    next: "Such programs are only run in a workspace that you trust: trust this one, or use a window with another.",
  }),
  "become-password": (f) => ({
    title: `${f.target().replace(/^the/, "The")} did not take the password${f.clause(" of user ", "user")} for root's rights.`,
    next: "Try again with the right one, or set podSandbox.become to never: then what can be read without it is shown.",
  }),
  "become-failed": (f) => ({
    title: `Root's rights cannot be had on ${f.target()}${f.cause()}.`,
    next: "Change podSandbox.become, or what the node allows the user; with never, what can be read without root is shown.",
  }),
  "container-engine": (f) => ({
    title: `${f.or("command", "The container engine")} cannot be asked for ${f.or("node", "the node")}${f.cause()}.`,
    next:
      "Check that it is installed, that its service runs and that you may use it: in a terminal, " +
      `${f.or("command", "docker")} ps must work.`,
  }),
  "container-gone": (f) => ({
    title: `There is no running container${f.clause(" ", "container")} that would be ${f.or("node", "the node")}${f.cause()}.`,
    next: "Start it, or name another in podSandbox.access.",
  }),
  "local-not-node": (f) => ({
    title: `This machine is not ${f.or("node", "the node")}${f.cause()}.`,
    next: "Choose another way onto the node in podSandbox.access.",
  }),
  "debug-pod-forbidden": (f) => ({
    title:
      `A debug pod${f.clause(" in the Kubernetes namespace ", "namespace")} takes permissions ` +
      `that you do not have${f.cause()}.`,
    next: "Ask whoever runs the cluster for them, set podSandbox.debugPod.namespace, or choose another way onto the node.",
  }),
  "debug-pod-refused": (f) => ({
    title: `The cluster does not admit the debug pod${f.clause(" in the Kubernetes namespace ", "namespace")}${f.cause()}.`,
    next:
      "It has to be privileged: set podSandbox.debugPod.namespace to a Kubernetes namespace that admits such pods " +
      "(Pod Security level privileged), or choose another way onto the node.",
  }),
  "debug-pod-failed": (f) => ({
    title: `The debug pod does not run on ${f.or("node", "the node")}${f.cause()}.`,
    next:
      "Check that the node is ready and can pull the image that podSandbox.debugPod.image names, which must have a shell. " +
      "The pod is deleted again.",
  }),
  "debug-pod-left": (f) => ({
    title: `The debug pod${f.clause(" ", "pod")}${f.clause(" in the Kubernetes namespace ", "namespace")} could not be deleted${f.cause()}.`,
    next:
      "It is tried again at the next start, and when its name in the status bar is clicked. To be rid of it at once: kubectl delete pod " +
      `${f.or("pod", "NAME")} --namespace ${f.or("namespace", "NAMESPACE")}${f.clause(" --context ", "context")}.`,
  }),
  "node-other-command": (f) => ({
    title: `${f.target().replace(/^the/, "The")} ran something else than it was asked to run${f.clause(" for user ", "user")}.`,
    next: "The account has a command of its own (a forced command, a menu, a restricted shell): use an account that runs what it is given.",
  }),
  "node-no-shell": (f) => ({
    title: `There is no usable shell on ${f.target()}${f.clause(" for user ", "user")}${f.cause()}.`,
    next: "Use an account with a shell; where the node has none at all, choose a debug pod as the way onto it.",
  }),
  "probe-timeout": (f) => ({
    title: `Reading ${f.target()} took too long${f.duration(": more than ")}.`,
    next: "Try again; if the node is always slow, raise the timeout in the settings.",
  }),
  "probe-too-large": (f) => ({
    title: `${f.target().replace(/^the/, "The")} answered with more data than is accepted.`,
    next: "Try again; if it stays so, report it together with the log.",
  }),
  "probe-output": (f) => ({
    title: `The answer of ${f.target()} is not understood${f.clause(" (line ", "line", ")")}.`,
    next: "A login script on the node may print text of its own: make it silent. If not, report it with the log.",
  }),
  "setting-invalid": (f) => ({
    title: `The setting${f.clause(" ", "setting")} cannot be used${f.clause(": ", "expected")}.`,
    next: "Correct it in the settings, then try again.",
  }),
  "bad-argument": (f) => ({
    title: `The request cannot be understood${f.clause(": ", "actual")}.`,
    next: "Give the name of a pod and of its Kubernetes namespace, and a context if not the current one.",
  }),
  cancelled: () => ({
    title: "Cancelled.",
    next: "Start it again whenever you like.",
  }),
  internal: () => ({
    title: "Something went wrong inside the extension.",
    next: "Try again; if it stays so, report it together with the log.",
  }),
};
