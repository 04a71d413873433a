import * as l10n from "@vscode/l10n";
import { causeWords } from "./cause-words.ts";
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
    return this.part(name) || fallback;
  }

  /** What a sentence says of the fact, which has its own place there; nothing at all where there is none. */
  part(name: FactName, say: (value: string) => string = (value) => value): string {
    const value = Object.hasOwn(this.#values, name) ? oneLine(this.#values[name] ?? "", maxFactLength) : "";
    return value === "" ? "" : say(value);
  }

  /** " /home/me/.kube/config": the fact after a word that says what it is. */
  named(name: FactName): string {
    return this.part(name, (value) => ` ${value}`);
  }

  /** ": " and the technical cause, without its last mark. */
  cause(...names: readonly ("detail" | "feature" | "actual" | "expected")[]): string {
    const [name = "detail", ...others] = names;
    const cause = this.part(name, (value) => l10n.t(": {0}", causeWords(value))).replace(/[.:?!\s]+$/, "");
    return cause === "" && others.length > 0 ? this.cause(...others) : cause;
  }

  /** Seconds. */
  duration(say: (seconds: string) => string): string {
    return this.part("timeoutSeconds", say) || this.part("seconds", say);
  }

  /** "Pod shop/web" or, where its name is not known, "The pod". */
  pod(): string {
    const name = this.part("pod");
    if (name === "") return l10n.t("The pod");
    return l10n.t("Pod {0}", `${this.part("namespace", (value) => `${value}/`)}${name}`);
  }

  /** "10.0.0.5, port 2222 (node worker-1)"; the words for it where nothing is known. */
  target(unknown: string = l10n.t("the node")): string {
    const host = this.part("host");
    if (host === "") return this.or("node", unknown);
    return `${host}${this.port()}${this.part("node", (value) => l10n.t(" (node {0})", value))}`;
  }

  node(): string {
    return this.or("node", l10n.t("the node"));
  }

  port(): string {
    return this.part("port", (value) => l10n.t(", port {0}", value));
  }

  line(): string {
    return this.part("line", (value) => l10n.t(", line {0}", value));
  }

  forContext(): string {
    return this.part("context", (value) => l10n.t(" for context {0}", value));
  }

  inNamespace(): string {
    return this.part("namespace", (value) => l10n.t(" in the Kubernetes namespace {0}", value));
  }

  ofUser(): string {
    return this.part("user", (value) => l10n.t(" of user {0}", value));
  }

  forUser(): string {
    return this.part("user", (value) => l10n.t(" for user {0}", value));
  }
}

function within(seconds: string): string {
  return l10n.t(" within {0} s", seconds);
}

const sentences: Readonly<Record<ErrorReason, (facts: Facts) => ErrorText>> = {
  "kubeconfig-missing": (f) => ({
    title: l10n.t(
      "No kubeconfig was found{0}.",
      f.part("file", (value) => l10n.t(" at {0}", value)),
    ),
    next: l10n.t(
      "Put one at ~/.kube/config, set the environment variable KUBECONFIG, or name a file in the settings.",
    ),
  }),
  "kubeconfig-invalid": (f) => ({
    title: l10n.t(
      "The kubeconfig{0} cannot be used{1}.",
      f.named("file"),
      f.part("line", (value) => l10n.t(": line {0} is not valid", value)),
    ),
    next: l10n.t("Correct the file, then refresh; the command kubectl config view names the same fault."),
  }),
  "context-missing": (f) => ({
    title:
      f.part("context", (value) => l10n.t("The kubeconfig has no context {0}.", value)) ||
      l10n.t("The kubeconfig has no such context."),
    next: l10n.t("Choose another context, or add this one to the kubeconfig."),
  }),
  "credentials-failed": (f) => ({
    title: l10n.t(
      "No credentials could be had{0}{1}.",
      f.forContext(),
      f.part("command", (value) => l10n.t(": the program {0} failed", value)),
    ),
    next: l10n.t("Sign in to the cluster in a terminal until kubectl get pods works there, then refresh."),
  }),
  unauthorized: (f) => ({
    title: l10n.t("The cluster does not accept your credentials{0}.", f.forContext()),
    next: l10n.t(
      "They may have expired: sign in again in a terminal until kubectl get pods works there, then refresh.",
    ),
  }),
  forbidden: (f) => ({
    title: l10n.t(
      "You are not allowed to {0} {1}{2}.",
      f.or("verb", l10n.t({ message: "read", comment: ["You are not allowed to read this."] })),
      f.or("resource", l10n.t("this")),
      f.inNamespace(),
    ),
    next: l10n.t(
      "Ask whoever runs the cluster for this permission, or choose another context or Kubernetes namespace.",
    ),
  }),
  "api-unreachable": (f) => ({
    title: l10n.t("The API server{0}{1} cannot be reached.", f.named("host"), f.port()),
    next: l10n.t(
      "Check that the cluster is up and that your network or VPN leads to it; it is tried again by itself.",
    ),
  }),
  "api-tls": (f) => ({
    title: l10n.t("The certificate of the API server{0} cannot be trusted.", f.named("host")),
    next: l10n.t(
      "Check certificate-authority and server in the kubeconfig: the certificate may have expired or be another cluster's.",
    ),
  }),
  "api-timeout": (f) => ({
    title: l10n.t("The API server{0} did not answer{1}.", f.named("host"), f.duration(within)),
    next: l10n.t("Try again; if the cluster is always slow, raise the timeout in the settings."),
  }),
  "api-error": (f) => ({
    title: l10n.t(
      "The API server answered with an error{0}{1}.",
      f.part("actual", (value) => ` (${value})`),
      f.part("resource", (value) => l10n.t(" when asked for {0}", value)),
    ),
    next: l10n.t("Try again; the log has the whole answer."),
  }),
  "pod-gone": (f) => ({
    title: l10n.t("{0} no longer exists.", f.pod()),
    next: l10n.t(
      "Refresh the list and choose another; a workload may have started a new pod under another name.",
    ),
  }),
  "pod-not-scheduled": (f) => ({
    title: l10n.t("{0} is not on any node yet.", f.pod()),
    next: l10n.t("Wait until it is scheduled; the command kubectl describe pod tells what it waits for."),
  }),
  "pod-finished": (f) => ({
    title: l10n.t("{0} has finished: none of its processes is left to look at.", f.pod()),
    next: l10n.t("Choose a pod that is running."),
  }),
  "pod-windows": (f) => ({
    title: l10n.t("{0} runs on Windows, which has no Linux namespaces.", f.pod()),
    next: l10n.t("Choose a pod on a Linux node."),
  }),
  "node-virtual": (f) => ({
    title: l10n.t(
      "The node{0} is virtual: there is no machine of yours behind it to look into.",
      f.named("node"),
    ),
    next: l10n.t("Choose a pod on an ordinary node."),
  }),
  "node-windows": (f) => ({
    title: l10n.t("The node{0} runs Windows, which has no Linux namespaces.", f.named("node")),
    next: l10n.t("Choose a Linux node."),
  }),
  "sandbox-gone": (f) => ({
    title: l10n.t("This sandbox is no longer on {0}.", f.or("node", l10n.t("its node"))),
    next: l10n.t("Its containers or processes have ended. Refresh the list of the node and choose another."),
  }),
  "node-gone": (f) => ({
    title: l10n.t("The node{0} is no longer part of the cluster.", f.named("node")),
    next: l10n.t("Refresh; its pods will soon be gone or run elsewhere."),
  }),
  "node-no-address": (f) => ({
    title: l10n.t("The cluster tells no usable address for the node{0}{1}.", f.named("node"), f.cause()),
    next: l10n.t(
      "Give the address in the settings or a Host entry for the node in your SSH config, or choose another way onto the node.",
    ),
  }),
  "ssh-config-invalid": (f) => ({
    title: l10n.t(
      "The SSH config{0}{1} cannot be used{2}.",
      f.named("file"),
      f.part("line", (value) => l10n.t(", line {0},", value)),
      f.cause(),
    ),
    next: l10n.t("Correct the file, then try again."),
  }),
  "ssh-unresolved": (f) => ({
    title: l10n.t("The name {0} cannot be resolved to an address.", f.or("host", l10n.t("of the node"))),
    next: l10n.t(
      "Check the name and your DNS or VPN, or give the node's address in the settings or in your SSH config.",
    ),
  }),
  "ssh-refused": (f) => ({
    title: l10n.t("No SSH server answers at {0}: the connection was refused.", f.target()),
    next: l10n.t(
      "Check that sshd runs on the node and that the port is right; where nodes come without SSH, choose another way onto them.",
    ),
  }),
  "ssh-timeout": (f) => ({
    title: l10n.t("No answer from {0} over SSH{1}.", f.target(), f.duration(within)),
    next: l10n.t(
      "Check that your network or VPN leads to the node and that no firewall is in between; a jump host may be needed.",
    ),
  }),
  "ssh-unreachable": (f) => ({
    title: l10n.t("There is no route to {0}.", f.target()),
    next: l10n.t("Check your network or VPN, or name a jump host in your SSH config or in the settings."),
  }),
  "ssh-unsupported": (f) => ({
    title: l10n.t(
      "The SSH settings for {0} need something that is not supported{1}.",
      f.target(),
      f.cause("feature", "detail"),
    ),
    next: l10n.t(
      "Set podSandbox.ssh.client to openssh, which takes the installed ssh, or change the entry in your SSH config.",
    ),
  }),
  "ssh-host-key-unknown": (f) => ({
    title: l10n.t("The host key of {0} is not known{1}.", f.target(), f.cause("actual", "detail")),
    next: l10n.t(
      "Compare the fingerprint with the node's own before you accept it; until then nothing is sent there.",
    ),
  }),
  "ssh-host-key-changed": (f) => ({
    title: l10n.t(
      "The host key of {0} has changed{1}{2}.",
      f.target(),
      f.part("expected", (value) => l10n.t(". Known: {0}", value)),
      f.part("actual", (value) => l10n.t(". Offered: {0}", value)),
    ),
    next: l10n.t(
      "Somebody may be in between. If the node was set up anew, remove its old key from {0}{1}, then try again.",
      f.or("file", "known_hosts"),
      f.line(),
    ),
  }),
  "ssh-host-key-revoked": (f) => ({
    title: l10n.t(
      "The host key of {0} is marked as revoked{1}.",
      f.target(),
      f.part("actual", (value) => l10n.t(": {0}", value)),
    ),
    next: l10n.t("Do not connect. Ask whoever marked it in {0}{1}.", f.or("file", "known_hosts"), f.line()),
  }),
  "ssh-auth-failed": (f) => ({
    title:
      f.part("user") === ""
        ? l10n.t("{0} did not let you in{1}.", f.target(l10n.t("The node")), f.cause())
        : l10n.t("{0} did not let user {1} in{2}.", f.target(l10n.t("The node")), f.part("user"), f.cause()),
    next: l10n.t(
      "Check the user and key in the settings or in your SSH config{0}{1}.",
      f.part("tried", (value) => l10n.t(". Tried: {0}", value)),
      f.part("methods", (value) => l10n.t(". The server takes: {0}", value)),
    ),
  }),
  "ssh-key-unreadable": (f) => ({
    title: l10n.t("The SSH key{0} cannot be used{1}.", f.named("file"), f.cause()),
    next: l10n.t(
      "Check that the file exists, is a private key and is yours, and that its passphrase is right.",
    ),
  }),
  "ssh-connection-lost": (f) => ({
    title: l10n.t("The connection to {0} broke off{1}.", f.target(), f.cause()),
    next: l10n.t("Try again: a new connection is made."),
  }),
  "ssh-program": (f) => ({
    title: l10n.t("The installed ssh{0} cannot be used{1}.", f.named("file"), f.cause()),
    next: l10n.t(
      "Check in a terminal that ssh is installed and leads to the node, or set podSandbox.ssh.client to builtin.",
    ),
  }),
  "ssh-untrusted": (f) => ({
    title: l10n.t(
      "The way to {0} takes a program that your SSH config names{1}.",
      f.target(),
      f.cause("feature"),
    ),
    next: l10n.t(
      "Such programs are only run in a workspace that you trust: trust this one, or use a window with another.",
    ),
  }),
  "needs-answer": (f) => ({
    title: l10n.t("The way onto the node takes an answer that nobody was asked for{0}.", f.cause("detail")),
    next: l10n.t("Read this node by itself once: then you are asked."),
  }),
  "become-password": (f) => ({
    title: l10n.t(
      "{0} did not take the password{1} for root's rights.",
      f.target(l10n.t("The node")),
      f.ofUser(),
    ),
    next: l10n.t(
      "Try again with the right one, or set podSandbox.become to never: then what can be read without it is shown.",
    ),
  }),
  "become-failed": (f) => ({
    title: l10n.t("Root's rights cannot be had on {0}{1}.", f.target(), f.cause()),
    next: l10n.t(
      "Change podSandbox.become, or what the node allows the user; with never, what can be read without root is shown.",
    ),
  }),
  "container-engine": (f) => ({
    title: l10n.t(
      "{0} cannot be asked for {1}{2}.",
      f.or("command", l10n.t("The container engine")),
      f.node(),
      f.cause(),
    ),
    next: l10n.t(
      "Check that it is installed, that its service runs and that you may use it: in a terminal, {0} ps must work.",
      f.or("command", "docker"),
    ),
  }),
  "container-gone": (f) => ({
    title: l10n.t(
      "There is no running container{0} that would be {1}{2}.",
      f.named("container"),
      f.node(),
      f.cause(),
    ),
    next: l10n.t("Start it, or name another in podSandbox.access."),
  }),
  "local-not-node": (f) => ({
    title: l10n.t("This machine is not {0}{1}.", f.node(), f.cause()),
    next: l10n.t("Choose another way onto the node in podSandbox.access."),
  }),
  "debug-pod-forbidden": (f) => ({
    title: l10n.t("A debug pod{0} takes permissions that you do not have{1}.", f.inNamespace(), f.cause()),
    next: l10n.t(
      "Ask whoever runs the cluster for them, set podSandbox.debugPod.namespace, or choose another way onto the node.",
    ),
  }),
  "debug-pod-refused": (f) => ({
    title: l10n.t("The cluster does not admit the debug pod{0}{1}.", f.inNamespace(), f.cause()),
    next: l10n.t(
      "It has to be privileged: set podSandbox.debugPod.namespace to a Kubernetes namespace that admits such pods (Pod Security level privileged), or choose another way onto the node.",
    ),
  }),
  "debug-pod-failed": (f) => ({
    title: l10n.t("The debug pod does not run on {0}{1}.", f.node(), f.cause()),
    next: l10n.t(
      "Check that the node is ready and can pull the image that podSandbox.debugPod.image names, which must have a shell. The pod is deleted again.",
    ),
  }),
  "debug-pod-left": (f) => ({
    title: l10n.t("The debug pod{0}{1} could not be deleted{2}.", f.named("pod"), f.inNamespace(), f.cause()),
    next: l10n.t(
      "It is tried again at the next start, and when its name in the status bar is clicked. To be rid of it at once: {0}.",
      `kubectl delete pod ${f.or("pod", "NAME")} --namespace ${f.or("namespace", "NAMESPACE")}${f.part("context", (value) => ` --context ${value}`)}`,
    ),
  }),
  "node-other-command": (f) => ({
    title: l10n.t(
      "{0} ran something else than it was asked to run{1}.",
      f.target(l10n.t("The node")),
      f.forUser(),
    ),
    next: l10n.t(
      "The account has a command of its own (a forced command, a menu, a restricted shell): use an account that runs what it is given.",
    ),
  }),
  "node-no-shell": (f) => ({
    title: l10n.t("There is no usable shell on {0}{1}{2}.", f.target(), f.forUser(), f.cause()),
    next: l10n.t(
      "Use an account with a shell; where the node has none at all, choose a debug pod as the way onto it.",
    ),
  }),
  "probe-timeout": (f) => ({
    title: l10n.t(
      "Reading {0} took too long{1}.",
      f.target(),
      f.duration((value) => l10n.t(": more than {0} s", value)),
    ),
    next: l10n.t("Try again; if the node is always slow, raise the timeout in the settings."),
  }),
  "probe-too-large": (f) => ({
    title: l10n.t("{0} answered with more data than is accepted.", f.target(l10n.t("The node"))),
    next: l10n.t("Try again; if it stays so, report it together with the log."),
  }),
  "probe-output": (f) => ({
    title: l10n.t(
      "The answer of {0} is not understood{1}.",
      f.target(),
      f.part("line", (value) => l10n.t(" (line {0})", value)),
    ),
    next: l10n.t(
      "A login script on the node may print text of its own: make it silent. If not, report it with the log.",
    ),
  }),
  "setting-invalid": (f) => ({
    title: l10n.t("The setting{0} cannot be used{1}.", f.named("setting"), f.cause("expected")),
    next: l10n.t("Correct it in the settings, then try again."),
  }),
  "snapshot-invalid": (f) => ({
    title: l10n.t("The snapshot{0} cannot be read{1}.", f.named("file"), f.cause()),
    next: l10n.t(
      "Open it as text to see what is in it, or save it once more: a snapshot is a file that “Save snapshot…” wrote.",
    ),
  }),
  "bad-argument": (f) => ({
    title: l10n.t(
      "The request cannot be understood{0}.",
      f.part("actual", (value) => l10n.t(": {0}", value)),
    ),
    next: l10n.t(
      "Give the name of a pod and of its Kubernetes namespace, and a context if not the current one.",
    ),
  }),
  cancelled: () => ({
    title: l10n.t("Cancelled."),
    next: l10n.t("Start it again whenever you like."),
  }),
  internal: () => ({
    title: l10n.t("Something went wrong inside the extension."),
    next: l10n.t("Try again; if it stays so, report it together with the log."),
  }),
};
