import { parseJson } from "../core/json.ts";
import type { L10n } from "./row-look.ts";
import { withoutIcons } from "./text.ts";

/** What a kept secret is for, in words. Keys are "passphrase:FILE", "password:TARGET" and "root:DESTINATION"; see nodes/secrets.ts. */
export function secretWords(
  l10n: L10n,
  key: string,
): { readonly label: string; readonly description: string } {
  const colon = key.indexOf(":");
  const where = key.slice(colon + 1);
  switch (key.slice(0, colon)) {
    case "passphrase":
      return { label: l10n.t("Passphrase of an SSH key"), description: withoutIcons(where) };
    case "password":
      return { label: l10n.t("Password for SSH"), description: targetWords(l10n, where) };
    case "root":
      return {
        label: l10n.t("Password for becoming root"),
        description: targetWords(l10n, where.replace(/^(?:openssh|ssh|local) /, "")),
      };
    default:
      return { label: l10n.t("Secret"), description: withoutIcons(where) };
  }
}

/** A target's key is JSON of its user, host, port, key alias, and of the jump host's key or the ProxyCommand. */
function targetWords(l10n: L10n, key: string): string {
  const target = parseJson(key);
  if (!Array.isArray(target)) return withoutIcons(key);
  const [user, host, port, , through]: readonly unknown[] = target;
  const words = `${String(user)}@${String(host)}:${String(port)}`;
  return withoutIcons(
    typeof through === "string" && through !== ""
      ? l10n.t("{0}, through {1}", words, hop(l10n, through))
      : words,
  );
}

function hop(l10n: L10n, through: string): string {
  return Array.isArray(parseJson(through)) ? targetWords(l10n, through) : through;
}
