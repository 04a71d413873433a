import type { JSX } from "preact";
import type { AnyReport } from "../../extension/core/report.ts";
import { checksOf, type Check } from "../checks.ts";
import type { Post } from "../host.ts";
import { CopyButton } from "./copy-button.tsx";

export function CheckYourself({ report, post }: { report: AnyReport; post: Post }): JSX.Element {
  const checks = checksOf(report);
  return (
    <section aria-labelledby="check">
      <h2 id="check">Check it yourself on {report.node.name}</h2>
      {checks.length === 0 ? (
        <p class="dim">There is no process on the node whose links would show it.</p>
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

function CheckItem({ check: { about, command, prints }, post }: { check: Check; post: Post }): JSX.Element {
  return (
    <li>
      <p class="dim">{about}</p>
      <div class="command-line">
        <code>
          <span class="command">{command}</span>
          {prints !== null && (
            <span class="prints">
              <span class="vh">prints </span>
              {prints}
            </span>
          )}
        </code>
        <CopyButton text={command} post={post} />
      </div>
    </li>
  );
}
