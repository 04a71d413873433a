import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import type { Check } from "../../extension/core/checks.ts";
import type { Post } from "../host.ts";
import { CopyButton } from "./copy-button.tsx";

export function CheckYourself({
  report,
  checks,
  post,
}: {
  report: AnyReport;
  checks: readonly Check[];
  post: Post;
}): JSX.Element {
  return (
    <section aria-labelledby="check">
      <h2 id="check">{l10n.t("Check it yourself on {0}", report.node.name)}</h2>
      {checks.length === 0 ? (
        <p class="dim">{l10n.t("There is no process on the node whose links would show it.")}</p>
      ) : (
        <ul class="checks">
          {checks.map((check) => (
            <CheckItem check={check} post={post} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** A command to copy, with what it is about and what it prints. */
export function CheckItem({
  check: { about, command, prints },
  post,
}: {
  check: Check;
  post: Post;
}): JSX.Element {
  return (
    <li>
      <p class="dim">{about}</p>
      <div class="command-line">
        <code>
          <span class="command">{command}</span>
          {prints !== null && (
            <span class="prints">
              <span class="vh">{l10n.t("prints")} </span>
              {prints}
            </span>
          )}
        </code>
        <CopyButton text={command} post={post} />
      </div>
    </li>
  );
}
