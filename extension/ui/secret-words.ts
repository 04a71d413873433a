import * as l10n from "@vscode/l10n";
import { parseJson } from "../core/json.ts";
import { withoutIcons } from "./text.ts";

/** What a kept secret is for, in words. Keys are "passphrase:FILE", "password:TARGET" and "root:DESTINATION"; see nodes/secrets.ts. */
export function secretWords(key: string): { readonly label: string; readonly description: string } {
  const colon = key.indexOf(":");
  const where = key.slice(colon + 1);
  switch (key.slice(0, colon)) {
    case "passphrase":
      return { label: l10n.t("Passphrase of an SSH key"), description: withoutIcons(where) };
    case "password":
      return { label: l10n.t("Password for SSH"), description: targetWords(where) };
    case "root":
      return {
        label: l10n.t("Password for becoming root"),
        description: targetWords(where.replace(/^(?:openssh|ssh|local) /, "")),
      };
    default:
      return { label: l10n.t("Secret"), description: withoutIcons(where) };
  }
}

/** A target's key is JSON of its user, host, port, key alias, and of the jump host's key or the ProxyCommand. */
function targetWords(key: string): string {
  const target = parseJson(key);
  if (!Array.isArray(target)) return withoutIcons(key);
  const [user, host, port, , through]: readonly unknown[] = target;
  const words = `${String(user)}@${String(host)}:${String(port)}`;
  return withoutIcons(
    typeof through === "string" && through !== "" ? l10n.t("{0}, through {1}", words, hop(through)) : words,
  );
}

function hop(through: string): string {
  return Array.isArray(parseJson(through)) ? targetWords(through) : through;
}
