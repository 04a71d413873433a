import * as l10n from "@vscode/l10n";
import { buildMatrix, type Cell, type Column, type Matrix } from "./matrix.ts";
import { namespaceTypes, type NamespaceType } from "./namespaces.ts";
import { phrase, type Run, type Sentence } from "./phrase.ts";
import type { AnyReport } from "./report.ts";
import { capitalised, countWord, listOf, thingsOf } from "./words.ts";

/** The answer to "what do these containers share?" in a few sentences. */
export function answerOf(report: AnyReport): readonly Run[] {
  const matrix = buildMatrix(report);
  const sentences = [
    ...sharingSentences(report, matrix),
    ...absentSentences(report, matrix),
    ...specSentences(report, matrix),
  ];
  return sentences.length === 0
    ? []
    : sentences.reduce((before, next) => phrase(l10n.t("{0} {1}"), before, next));
}

export function plainAnswer(report: AnyReport): string {
  return answerOf(report)
    .map(({ text }) => text)
    .join("");
}

/** One container (or pause) with its cell of one row. */
interface Member {
  readonly column: Column;
  readonly cell: Cell;
}

interface TypeView {
  readonly type: NamespaceType;
  /** Of the running containers, infra apart. */
  readonly members: readonly Member[];
  readonly infra: Member | undefined;
}

function ended(said: Sentence): Sentence {
  return phrase(l10n.t("{0}."), said);
}

function sharingSentences(report: AnyReport, matrix: Matrix): readonly Sentence[] {
  if (report.sandbox.holder.kind === "virtualised") {
    const alone = report.containers.filter(({ kind }) => kind !== "infra").length === 1;
    return [
      phrase(
        alone
          ? l10n.t(
              "The container runs inside a sandboxed runtime: **what it shares is not visible from the node**.",
            )
          : l10n.t(
              "The containers run inside a sandboxed runtime: **what they share is not visible from the node**.",
            ),
      ),
    ];
  }
  const node = report.node.name;
  const ofProcesses = report.containers.every(({ kind }) => kind === "processes");
  const containers = matrix.columns.filter(isContainer);
  const running = containers.filter((column) => column.alive && !allCells(matrix, column, "gone"));
  if (running.length === 0) return idleSentences(report, matrix);
  const live = running.filter((column) => !allCells(matrix, column, "denied"));
  if (live.length === 0) {
    return [
      phrase(
        ofProcesses
          ? l10n.t("**What the groups of processes share could not be read**: that needs root on {0}.")
          : l10n.t("**What the containers share could not be read**: that needs root on {0}."),
        node,
      ),
    ];
  }

  const views = namespaceTypes.map((type): TypeView => {
    const row = matrix.rows.find((one) => one.type === type);
    const members = matrix.columns.flatMap((column, index): Member[] => {
      const cell = row?.cells[index];
      return cell === undefined ? [] : [{ column, cell }];
    });
    return {
      type,
      members: members.filter(({ column }) => live.includes(column)),
      infra: members.find(({ column }) => column.kind === "infra"),
    };
  });
  // "Its own" is not known where the node's link or pause's was refused: the container may be in that.
  const refusedAround = (type: NamespaceType): boolean =>
    matrix.rows.some(
      (row) =>
        row.type === type &&
        row.cells.some(
          ({ reading }, index) =>
            reading.status === "denied" && ["node", "infra"].includes(matrix.columns[index]?.kind ?? ""),
        ),
    );
  const isDoubtful = ({ type, members }: TypeView): boolean =>
    members.some(({ cell }) => cell.reading.status === "denied") ||
    (members.some(({ cell }) => cell.verdict === "own") && refusedAround(type));
  const refused = views.filter(isDoubtful);
  const readable = views.filter(
    (view) => !isDoubtful(view) && view.members.every(({ cell }) => cell.reading.status === "read"),
  );
  const which =
    live.length < running.length ? "readable" : live.length < containers.length ? "running" : "all";
  const who = { count: live.length, noun: nounOf(which, ofProcesses) };
  const sentences = [...(live.length === 1 ? aloneSentences(readable) : togetherSentences(readable, who))];
  if (refused.length > 0) {
    const things = capitalised(thingsOf(refused.map(({ type }) => type)));
    sentences.push(
      phrase(l10n.t("**{0}** could not be read everywhere: that needs root on {1}."), things, node),
    );
  }
  if (live.length < running.length) {
    const others = running.filter((column) => !live.includes(column));
    const names = namesOf(others, containers.length);
    sentences.push(phrase(l10n.t("**{0}** could not be read: that needs root on {1}."), names, node));
  }
  if (sentences.length > 0) return sentences;
  return [
    phrase(
      ofProcesses
        ? l10n.t("What the groups of processes share could not be read.")
        : l10n.t("What the containers share could not be read."),
    ),
  ];
}

/** Those of which something is said together. */
interface Who {
  readonly count: number;
  readonly noun: string;
}

/** What the columns are, where there are several. */
function nounOf(which: "all" | "running" | "readable", ofProcesses: boolean): string {
  switch (which) {
    case "all":
      return ofProcesses ? l10n.t("groups of processes") : l10n.t("containers");
    case "running":
      return ofProcesses ? l10n.t("running groups of processes") : l10n.t("running containers");
    case "readable":
      return ofProcesses ? l10n.t("readable groups of processes") : l10n.t("readable containers");
  }
}

function isContainer(column: Column): boolean {
  return column.kind !== "node" && column.kind !== "infra";
}

function allCells(matrix: Matrix, column: Column, status: Cell["reading"]["status"]): boolean {
  const index = matrix.columns.indexOf(column);
  return matrix.rows.every(({ cells }) => cells[index]?.reading.status === status);
}

/** No container runs: only the infra container may be left. */
function idleSentences(report: AnyReport, matrix: Matrix): readonly Sentence[] {
  const infra = matrix.columns.findIndex(({ kind, alive }) => kind === "infra" && alive);
  const kept = matrix.rows.filter(({ type, cells }) => {
    // Nobody joins pause's files; its processes only where they are shared, which only a running container shows.
    return type !== "mnt" && type !== "pid" && ["own", "shared"].includes(cells[infra]?.verdict ?? "");
  });
  const name = matrix.columns[infra]?.name;
  if (name === undefined || kept.length === 0) return [phrase(l10n.t("No container is running."))];
  return [
    phrase(
      "pod" in report
        ? l10n.t("No container is running; {0} alone keeps the pod's **{1}**.")
        : l10n.t("No container is running; {0} alone keeps the sandbox's **{1}**."),
      name,
      thingsOf(kept.map(({ type }) => type)),
    ),
  ];
}

function aloneSentences(views: readonly TypeView[]): readonly Sentence[] {
  const name = views[0]?.members[0]?.column.name ?? "";
  const infra = views[0]?.infra?.column.name ?? "";
  const verdict = (view: TypeView): string => view.members[0]?.cell.verdict ?? "";
  const pods = typesWhere(views, (view) => verdict(view) === "shared");
  const own = typesWhere(views, (view) => verdict(view) === "own");
  const host = typesWhere(views, (view) => verdict(view) === "host");
  const unusual = host.filter((type) => !isUsuallyNode(type));
  const uses = clause(unusual, (who, things) => phrase(l10n.t("{0} uses the node's **{1}**"), who, things));
  const has = clause(own, (who, things) => phrase(l10n.t("{0} has its own **{1}**"), who, things));
  const shares = clause(pods, (who, things) =>
    phrase(l10n.t("{0} shares **{1}** with {2}"), who, things, infra),
  );
  const rest = restSentence(host, views);
  const it = l10n.t("It");
  // What is not usual first: for a container that shares that is the node's, for one alone it is its own.
  if (shares.length > 0) return [...compose(name, it, [shares, uses, has]), ...rest];
  if (has.length === 0 || unusual.length === 0 || rest.length === 0) {
    return [...compose(name, it, [has, uses]), ...rest];
  }
  const whole = phrase(l10n.t("The rest is the node's, including **{0}**."), thingsOf(unusual));
  return [...compose(name, it, [has]), whole];
}

function togetherSentences(views: readonly TypeView[], who: Who): readonly Sentence[] {
  const all = who.count === 2 ? l10n.t("Both {0}", who.noun) : l10n.t("All {0} {1}", who.count, who.noun);
  const isAll = (view: TypeView, verdict: string): boolean =>
    view.members.every(({ cell }) => cell.verdict === verdict) &&
    (verdict !== "shared" || new Set(view.members.map(({ cell }) => cell.identity)).size === 1);
  const shared = (view: TypeView): boolean => isAll(view, "shared");
  const joinsInfra = ({ infra, members }: TypeView): boolean =>
    infra !== undefined && infra.cell.identity !== null && infra.cell.identity === members[0]?.cell.identity;

  const through = typesWhere(views, (view) => shared(view) && joinsInfra(view));
  const among = typesWhere(views, (view) => shared(view) && !joinsInfra(view));
  const own = typesWhere(views, (view) => isAll(view, "own"));
  const host = typesWhere(views, (view) => isAll(view, "host"));
  const settled = new Set([...through, ...among, ...own, ...host]);
  const infra = views[0]?.infra?.column.name ?? "";
  const whole = compose(all, l10n.t("They"), [
    clause(through, (they, things) => phrase(l10n.t("{0} share **{1}** through {2}"), they, things, infra)),
    clause(among, (they, things) =>
      phrase(
        through.length > 0 ? l10n.t("{0} share **{1}** among themselves") : l10n.t("{0} share **{1}**"),
        they,
        things,
      ),
    ),
    clause(
      host.filter((type) => !isUsuallyNode(type)),
      (they, things) => phrase(l10n.t("{0} use the node's **{1}**"), they, things),
    ),
  ]);
  const each = own.length === 0 ? [] : [eachSentence(whole.length === 0 ? who : undefined, thingsOf(own))];
  const mixed = mixedSentences(views.filter(({ type }) => !settled.has(type)));
  return [...whole, ...each, ...mixed, ...restSentence(host, views)];
}

/** @param who - undefined where they were named in the sentence before. */
function eachSentence(who: Who | undefined, things: string): Sentence {
  return who === undefined
    ? phrase(l10n.t("Each has its own **{0}**."), things)
    : phrase(l10n.t("Each of the {0} {1} has its own **{2}**."), countWord(who.count), who.noun, things);
}

function typesWhere(
  views: readonly TypeView[],
  holds: (view: TypeView) => boolean,
): readonly NamespaceType[] {
  return views.filter((view) => holds(view)).map(({ type }) => type);
}

/** These are the node's for nearly every pod: not worth a sentence of their own. */
function isUsuallyNode(type: NamespaceType): boolean {
  return type === "user" || type === "cgroup" || type === "time";
}

/** What is said of somebody. */
type Clause = (who: string) => Sentence;

function clause(
  types: readonly NamespaceType[],
  say: (who: string, things: string) => Sentence,
): readonly Clause[] {
  return types.length === 0 ? [] : [(who) => say(who, thingsOf(types))];
}

/** One sentence for each clause; the subject is named once. */
function compose(first: string, then: string, clauses: readonly (readonly Clause[])[]): Sentence[] {
  return clauses.flat().map((say, index) => ended(say(index === 0 ? first : then)));
}

/** "The rest is the node's", where that is true of all that was not said. */
function restSentence(host: readonly NamespaceType[], views: readonly TypeView[]): readonly Sentence[] {
  const rest = views.map(({ type }) => type).filter(isUsuallyNode);
  const allOfIt = rest.length > 0 && rest.every((type) => host.includes(type));
  return allOfIt ? [phrase(l10n.t("The rest is the node's."))] : [];
}

/** Types in which the containers are not all alike: rows with the same grouping are said together. */
function mixedSentences(views: readonly TypeView[]): readonly Sentence[] {
  const alike = new Map<string, { readonly view: TypeView; readonly types: NamespaceType[] }>();
  for (const view of views) {
    const key = JSON.stringify(
      view.members.map(({ cell }) => [
        cell.verdict,
        view.members.findIndex((one) => one.cell.identity === cell.identity),
      ]),
    );
    const entry = alike.get(key) ?? { view, types: [] };
    entry.types.push(view.type);
    alike.set(key, entry);
  }
  return [...alike.values()].map(({ view, types }) => mixedSentence(view, thingsOf(types)));
}

function mixedSentence({ members, infra }: TypeView, things: string): Sentence {
  const groups = new Map<Cell["identity"], Member[]>();
  const own: Member[] = [];
  for (const member of members) {
    const { identity } = member.cell;
    if (identity === null) own.push(member);
    else groups.set(identity, [...(groups.get(identity) ?? []), member]);
  }
  const clauses: Sentence[] = [...groups].map(([identity, group]) => {
    const who = namesOf(columnsOf(group), members.length);
    const many = group.length > 1;
    if (identity?.hue === "host") {
      return many
        ? phrase(l10n.t("{0} use the node's **{1}**"), who, things)
        : phrase(l10n.t("{0} uses the node's **{1}**"), who, things);
    }
    const withInfra = infra !== undefined && infra.cell.identity === identity;
    if (many) {
      return withInfra
        ? phrase(l10n.t("{0} share **{1}** through {2}"), who, things, infra.column.name)
        : phrase(l10n.t("{0} share **{1}**"), who, things);
    }
    return infra === undefined
      ? phrase(l10n.t("{0} shares **{1}** with another"), who, things)
      : phrase(l10n.t("{0} shares **{1}** with {2}"), who, things, infra.column.name);
  });
  if (own.length > 0) {
    const only = clauses.length === 0;
    const who = only || own.length === 1 ? namesOf(columnsOf(own), members.length) : l10n.t("the others");
    if (own.length === 1) {
      clauses.push(
        only
          ? phrase(l10n.t("{0} has its own **{1}**"), who, things)
          : phrase(l10n.t("{0} has its own"), who),
      );
    } else {
      clauses.push(
        only
          ? phrase(l10n.t("{0} each have their own **{1}**"), who, things)
          : phrase(l10n.t("{0} each have their own"), who),
      );
    }
  }
  return ended(clauses.reduce((before, next) => phrase(l10n.t("{0}; {1}"), before, next)));
}

function namesOf(columns: readonly Column[], of: number): string {
  if (columns.length > 3) return l10n.t("{0} of {1} containers", columns.length, of);
  return listOf(columns.map(({ name }) => name));
}

function columnsOf(members: readonly Member[]): readonly Column[] {
  return members.map(({ column }) => column);
}

/** Containers that do not run; an init container that ended did its work and is no news. */
function absentSentences(report: AnyReport, matrix: Matrix): readonly Sentence[] {
  const columns = matrix.columns.filter(isContainer);
  const sentences: Sentence[] = [];
  const gone = columns.filter((column) => column.alive && allCells(matrix, column, "gone"));
  if (gone.length > 0)
    sentences.push(phrase(l10n.t("{0} ended while being read."), namesOf(gone, columns.length)));

  const idle = report.containers.filter(
    ({ kind, pid, state }) =>
      pid === null && kind !== "infra" && !(kind === "init" && state.startsWith("terminated")),
  );
  const [only] = idle;
  if (only !== undefined && idle.length === 1) {
    sentences.push(phrase(l10n.t("{0} is not running ({1})."), only.name, only.state));
  } else if (idle.length > 1 && columns.some(({ alive }) => alive)) {
    // Where none runs the answer has said so already.
    sentences.push(phrase(l10n.t("{0} containers are not running."), capitalised(countWord(idle.length))));
  }
  return sentences;
}

/** Whether it is what was asked for; silent where that cannot be said. */
function specSentences(report: AnyReport, matrix: Matrix): readonly Sentence[] {
  const differing = report.findings.filter(({ code }) => code === "sharing-differs").length;
  const ofPod = "pod" in report;
  if (differing === 1) {
    return [
      phrase(
        ofPod
          ? l10n.t("One thing is not as the spec asks.")
          : l10n.t("One thing is not as the configuration asks."),
      ),
    ];
  }
  if (differing > 1) {
    return [
      phrase(
        ofPod
          ? l10n.t("{0} things are not as the spec asks.")
          : l10n.t("{0} things are not as the configuration asks."),
        capitalised(countWord(differing)),
      ),
    ];
  }
  const unverified = report.findings.some(({ code }) =>
    ["sharing-unverified", "needs-root", "read-raced"].includes(code),
  );
  const running = matrix.columns.flatMap((column, index) =>
    isContainer(column) && column.alive ? [index] : [],
  );
  // "Its own" is proven only against the node's: that one has to be read too.
  const compared = [0, ...running];
  const allRead = matrix.rows.every(({ cells }) =>
    compared.every((index) => ["read", "unsupported"].includes(cells[index]?.reading.status ?? "")),
  );
  const known = report.containers.some(({ expected }) =>
    namespaceTypes.some((type) => expected[type] !== "ANY"),
  );
  if (running.length === 0 || !allRead || !known || unverified) return [];
  return [
    phrase(
      ofPod ? l10n.t("That is what the spec asks for.") : l10n.t("That is what the configuration asks for."),
    ),
  ];
}
