import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import type { NodeView } from "../../extension/core/node-view.ts";
import type { Hold } from "../../extension/core/report.ts";
import { inARow, processCount } from "../../extension/core/words.ts";
import type { SnapshotMessage, SnapshotState } from "../../extension/protocol/pages.ts";

/** A whole node as it was, or why a file shows nothing. */
export function SnapshotPage({
  state,
  post,
}: {
  state: SnapshotState;
  post: (message: SnapshotMessage) => void;
}): JSX.Element {
  const asText = (
    <button
      type="button"
      class="button"
      onClick={() => {
        post({ type: "openAsText" });
      }}
    >
      {l10n.t("Open as text")}
    </button>
  );
  if (state.kind === "failed") {
    return (
      <main>
        <h1>{l10n.t("No snapshot")}</h1>
        <p role="alert">{state.title}</p>
        <p>{state.next}</p>
        <div class="buttons">{asText}</div>
      </main>
    );
  }
  const { view, savedAt } = state;
  const { node } = view;
  const facts = [
    node.kernelRelease === "" ? "" : l10n.t("kernel {0}", node.kernelRelease),
    node.cgroupVersion === "unknown" ? "" : l10n.t("cgroup {0}", node.cgroupVersion),
    l10n.t("read {0}", momentWords(view.takenAt)),
    l10n.t("saved {0}", momentWords(savedAt)),
  ];
  return (
    <main>
      <h1>{l10n.t("Node {0}", node.name)}</h1>
      <p class="dim">{inARow(facts.filter((fact) => fact !== ""))}</p>
      <div class="buttons">{asText}</div>
      {view.findings.map(({ message }) => (
        <p>{message}</p>
      ))}
      <Leaks view={view} />
      <Sandboxes view={view} />
      <Namespaces view={view} />
    </main>
  );
}

function momentWords(iso: string): string {
  return new Date(iso).toLocaleString(document.documentElement.lang);
}

function Leaks({ view: { leaks, leaksUnknown } }: { view: NodeView }): JSX.Element | null {
  if (leaks.length === 0 && leaksUnknown === null) return null;
  return (
    <section aria-labelledby="leaks">
      <h2 id="leaks">{l10n.t("Possibly left behind")}</h2>
      {leaksUnknown !== null && <p>{leaksUnknown}</p>}
      <ul class="leaks">
        {leaks.map(({ title, message, toBeSure }) => (
          <li>
            <strong>{title}</strong> {message} <span class="dim">{toBeSure}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}

interface SandboxRow {
  readonly name: string;
  readonly what: string;
  readonly processes: number;
  readonly startedAt: string;
}

function Sandboxes({ view: { pods, others } }: { view: NodeView }): JSX.Element {
  const rows: readonly SandboxRow[] = [
    ...pods.map(({ name, namespace, uid, ...more }) => ({
      ...more,
      name: name === null ? uid : `${namespace ?? ""}/${name}`,
      what: l10n.t("pod"),
    })),
    ...others.map(({ title, members, ...more }) => ({ ...more, name: title, what: inARow(members) })),
  ];
  return (
    <Table
      caption={l10n.t("Sandboxes")}
      headings={[l10n.t("Sandbox"), l10n.t("What"), l10n.t("Processes"), l10n.t("Since")]}
      rows={rows.map(({ name, what, processes, startedAt }) => [
        name,
        what,
        processCount(processes),
        momentWords(startedAt),
      ])}
    />
  );
}

/** So many holds are told of each. */
const mostHolds = 3;

function holdWords(hold: Hold): string {
  switch (hold.kind) {
    case "process":
      return l10n.t("{0}, PID {1}", hold.comm, hold.pid);
    case "pinned":
      return l10n.t("bind mount {0}", hold.path);
    case "descriptor":
      return l10n.t("descriptor {0} of {1}, PID {2}", hold.fd, hold.comm, hold.pid);
  }
}

function Namespaces({ view: { namespaces } }: { view: NodeView }): JSX.Element {
  return (
    <Table
      caption={l10n.t("Linux namespaces")}
      headings={[l10n.t("Type"), l10n.t("Inode"), l10n.t("Processes"), l10n.t("Held by"), l10n.t("Used by")]}
      rows={namespaces.map(({ type, inode, processes, holds, usedBy, host }) => [
        type,
        inode,
        String(processes),
        holds.length > mostHolds
          ? l10n.t(
              "{0}, and {1} more",
              inARow(holds.slice(0, mostHolds).map(holdWords)),
              holds.length - mostHolds,
            )
          : inARow(holds.map(holdWords)),
        inARow([...(host ? [l10n.t("the node")] : []), ...usedBy]),
      ])}
    />
  );
}

/** The first of each row is what the row is about. */
function Table({
  caption,
  headings,
  rows,
}: {
  caption: string;
  headings: readonly string[];
  rows: readonly (readonly string[])[];
}): JSX.Element {
  return (
    <div class="scroll" role="region" aria-label={caption} tabIndex={0}>
      <table>
        <caption>{caption}</caption>
        <thead>
          <tr>
            {headings.map((heading) => (
              <th scope="col">{heading}</th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([about, ...cells]) => (
            <tr>
              <th scope="row">{about}</th>
              {cells.map((cell) => (
                <td>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
