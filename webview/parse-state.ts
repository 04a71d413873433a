import type { HostMessage } from "../extension/protocol/messages.ts";

/**
 * Whether a message has the shape of one of ours, as far as rendering relies on it outside of the report: other senders
 * share the channel (VS Code's own frame), and a panel that VS Code restores may be older than the host. The report and
 * what is made of it come from our host alone; should they be odd all the same, the panel says so (main.tsx).
 */
export function isHostMessage(data: unknown): data is HostMessage {
  if (!isObject(data) || data["type"] !== "state" || !Number.isInteger(data["revision"])) return false;
  const { state } = data;
  return (
    isObject(state) &&
    isSubject(state["subject"]) &&
    typeof state["reading"] === "boolean" &&
    (state["report"] === null || isObject(state["report"])) &&
    (state["view"] === null || isObject(state["view"])) &&
    (state["error"] === null || isError(state["error"])) &&
    isSource(state["source"]) &&
    isArrangement(state["arrangement"])
  );
}

function isSubject(data: unknown): boolean {
  if (!isObject(data)) return false;
  return data["kind"] === "pod" ? areTexts(data, ["namespace", "name"]) : areTexts(data, ["node", "title"]);
}

function isError(data: unknown): boolean {
  return isObject(data) && areTexts(data, ["title", "next", "detail"]) && isTexts(data["offers"]);
}

function isSource(data: unknown): boolean {
  return isObject(data) && (data["kind"] === "live" || typeof data["title"] === "string");
}

function isArrangement(data: unknown): boolean {
  return isObject(data) && [data["order"], data["pinned"], data["hidden"]].every(isTexts);
}

function areTexts(data: Readonly<Record<string, unknown>>, keys: readonly string[]): boolean {
  return keys.every((key) => typeof data[key] === "string");
}

function isTexts(data: unknown): boolean {
  return Array.isArray(data) && data.every((one) => typeof one === "string");
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null;
}
