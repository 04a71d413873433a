import { fieldOf, textOf } from "../core/json.ts";
import type { AccessRule, Become, ContainerEngine, SshClientChoice, Way } from "./access.ts";
import { matchesPattern } from "./ssh/patterns.ts";

/** Which node is asked for; `context` is null for a host without a cluster. */
export interface RuledNode {
  readonly context: string | null;
  readonly node: string;
}

/** The way of the first rule that matches; undefined where none does. */
export function ruledWay(rules: readonly AccessRule[], { context, node }: RuledNode): Way | undefined {
  return rules.find((rule) => matchesPattern(rule.context, context ?? "") && matchesPattern(rule.node, node))
    ?.way;
}

/**
 * How root is become, from its text: "auto", "never", "sudo", "doas", or a template; undefined for a template that has
 * not ${command} exactly once, ${prompt} more than once, or either of them in quotes (they are whole words already), or
 * a quote that is not closed: such a line would swallow ours.
 */
export function parseBecome(text: string): Become | undefined {
  const template = text.trim();
  switch (template) {
    case "auto":
    case "never":
    case "sudo":
    case "doas":
      return { kind: template };
    default: {
      const bare = outsideQuotes(template) ?? "";
      const fits =
        !/\p{Cc}/u.test(template) &&
        countOf("${command}", template) === 1 &&
        countOf("${command}", bare) === 1 &&
        countOf("${prompt}", template) <= 1 &&
        countOf("${prompt}", template) === countOf("${prompt}", bare);
      return fits ? { kind: "template", template } : undefined;
    }
  }
}

/** The text that `parseBecome` reads as the same. */
export function becomeText(become: Become): string {
  return become.kind === "template" ? become.template : become.kind;
}

function countOf(part: string, text: string): number {
  return text.split(part).length - 1;
}

/**
 * What of a line no quote changes, a space in place of each quoted part; undefined where a quote is not closed.
 * POSIX sh, 2.2 Quoting: a backslash takes the next character, but not between single quotes.
 */
function outsideQuotes(line: string): string | undefined {
  let bare = "";
  let quote: string | undefined;
  for (let at = 0; at < line.length; at++) {
    const character = line[at] ?? "";
    if (character === "\\" && quote !== "'") {
      if (++at === line.length) return undefined;
      bare += " ";
    } else if (quote !== undefined) {
      if (character === quote) quote = undefined;
    } else if (character === "'" || character === '"' || character === "`") {
      quote = character;
      bare += " ";
    } else {
      bare += character;
    }
  }
  return quote === undefined ? bare : undefined;
}

const engines: readonly ContainerEngine[] = ["docker", "podman", "nerdctl"];
const clients: readonly SshClientChoice[] = ["auto", "builtin", "openssh"];

/** A way as plain JSON, its root's rights as text, and back: what is remembered may hold anything when it is read. */
export function plainWay(way: Way): unknown {
  return "become" in way && way.become !== undefined ? { ...way, become: becomeText(way.become) } : way;
}

/** undefined for whatever is not the plain form of a way. */
export function parseWay(value: unknown): Way | undefined {
  const text = textOf(value, "become");
  const become = text === undefined ? undefined : parseBecome(text);
  // What was to make us root and is not understood must not be left out.
  if (become === undefined && fieldOf(value, "become") !== undefined) return undefined;
  switch (fieldOf(value, "kind")) {
    case "ssh": {
      const port = fieldOf(value, "port");
      return {
        kind: "ssh",
        client: clients.find((client) => client === fieldOf(value, "client")),
        user: textOf(value, "user"),
        port:
          typeof port === "number" && Number.isInteger(port) && port > 0 && port < 65_536 ? port : undefined,
        address: textOf(value, "address"),
        become,
      };
    }
    case "local":
      return { kind: "local", become };
    case "container": {
      const engine = engines.find((known) => known === fieldOf(value, "engine"));
      const container = textOf(value, "container") ?? "";
      // As the engines name containers; never an option.
      const isName = /^(?:[A-Za-z0-9]|\$\{name\})[\w.-]{0,253}(?:\$\{name\}[\w.-]{0,253})?$/.test(container);
      return engine === undefined || !isName ? undefined : { kind: "container", engine, container };
    }
    case "debugPod":
      return {
        kind: "debugPod",
        namespace: textOf(value, "namespace"),
        image: textOf(value, "image"),
      };
    default:
      return undefined;
  }
}
