import { buildMatrix, type Cell, type Column, type Matrix } from "./matrix.ts";
import { namespaceTypes, type NamespaceType } from "./namespaces.ts";
import type { AnyReport } from "./report.ts";
import { capitalised, countWord, listOf, thingsOf } from "./words.ts";

/** A piece of the answer; pieces are joined as they are, spaces included. */
export interface Run {
  readonly text: string;
  readonly strong: boolean;
}

/** The answer to "what do these containers share?" in a few sentences. */
export function answerOf(report: AnyReport): readonly Run[] {
  const matrix = buildMatrix(report);
  const sentences = [
    ...sharingSentences(report, matrix),
    ...absentSentences(report, matrix),
    ...specSentences(report, matrix),
  ];
  return sentences.flatMap((sentence, index) => (index === 0 ? sentence : [plain(" "), ...sentence]));
}

export function plainAnswer(report: AnyReport): string {
  return answerOf(report)
    .map(({ text }) => text)
    .join("");
}

type Sentence = readonly Run[];

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

function plain(text: string): Run {
  return { text, strong: false };
}

function strong(text: string): Run {
  return { text, strong: true };
}

function sharingSentences(report: AnyReport, matrix: Matrix): readonly Sentence[] {
  if (report.sandbox.holder.kind === "virtualised") {
    const alone = report.containers.filter(({ kind }) => kind !== "infra").length === 1;
    const inside = `${alone ? "The container runs" : "The containers run"} inside a sandboxed runtime: `;
    const what = `what ${alone ? "it shares" : "they share"} is not visible from the node`;
    return [[plain(inside), strong(what), plain(".")]];
  }
  const noun = membersNoun(report);
  const containers = matrix.columns.filter(isContainer);
  const running = containers.filter((column) => column.alive && !allCells(matrix, column, "gone"));
  if (running.length === 0) return idleSentences(report, matrix);
  const live = running.filter((column) => !allCells(matrix, column, "denied"));
  const needsRoot = ` needs root on ${report.node.name}.`;
  if (live.length === 0) {
    return [[strong(`What the ${noun} share could not be read`), plain(`: that${needsRoot}`)]];
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
    live.length < running.length ? "readable " : live.length < containers.length ? "running " : "";
  const who = which + noun;
  const sentences = [
    ...(live.length === 1 ? aloneSentences(readable) : togetherSentences(readable, live.length, who)),
  ];
  if (refused.length > 0) {
    const things = capitalised(thingsOf(refused.map(({ type }) => type)));
    sentences.push([strong(things), plain(` could not be read everywhere: that${needsRoot}`)]);
  }
  if (live.length < running.length) {
    const others = running.filter((column) => !live.includes(column));
    sentences.push([
      strong(namesOf(others, containers.length)),
      plain(` could not be read: that${needsRoot}`),
    ]);
  }
  return sentences.length === 0 ? [[plain(`What the ${noun} share could not be read.`)]] : sentences;
}

/** What the columns are, where there are several. */
function membersNoun(report: AnyReport): string {
  return report.containers.every(({ kind }) => kind === "processes") ? "groups of processes" : "containers";
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
  const idle = plain("No container is running");
  const kept = matrix.rows.filter(({ type, cells }) => {
    // Nobody joins pause's files; its processes only where they are shared, which only a running container shows.
    return type !== "mnt" && type !== "pid" && ["own", "shared"].includes(cells[infra]?.verdict ?? "");
  });
  const name = matrix.columns[infra]?.name;
  if (name === undefined || kept.length === 0) return [[idle, plain(".")]];
  return [
    [
      idle,
      plain(`; ${name} alone keeps ${whose(report)} `),
      strong(thingsOf(kept.map(({ type }) => type))),
      plain("."),
    ],
  ];
}

function whose(report: AnyReport): string {
  return "pod" in report ? "the pod's" : "the sandbox's";
}

function aloneSentences(views: readonly TypeView[]): readonly Sentence[] {
  const name = views[0]?.members[0]?.column.name ?? "";
  const infra = views[0]?.infra?.column.name ?? "";
  const verdict = (view: TypeView): string => view.members[0]?.cell.verdict ?? "";
  const pods = typesWhere(views, (view) => verdict(view) === "shared");
  const own = typesWhere(views, (view) => verdict(view) === "own");
  const host = typesWhere(views, (view) => verdict(view) === "host");
  const unusual = host.filter((type) => !isUsuallyNode(type));
  const uses = clause(unusual, (things) => [plain(" uses the node's "), strong(things)]);
  const has = clause(own, (things) => [plain(" has its own "), strong(things)]);
  const shares = clause(pods, (things) => [plain(" shares "), strong(things), plain(` with ${infra}`)]);
  const rest = restSentence(host, views);
  // What is not usual first: for a container that shares that is the node's, for one alone it is its own.
  if (shares.length > 0) return [...compose(name, "It", [shares, uses, has]), ...rest];
  if (has.length === 0 || unusual.length === 0 || rest.length === 0) {
    return [...compose(name, "It", [has, uses]), ...rest];
  }
  const whole = [plain("The rest is the node's, including "), strong(thingsOf(unusual)), plain(".")];
  return [...compose(name, "It", [has]), whole];
}

function togetherSentences(views: readonly TypeView[], count: number, who: string): readonly Sentence[] {
  const all = count === 2 ? `Both ${who}` : `All ${String(count)} ${who}`;
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
  const whole = compose(all, "They", [
    clause(through, (things) => [plain(" share "), strong(things), plain(` through ${infra}`)]),
    clause(among, (things) => [
      plain(" share "),
      strong(things),
      plain(through.length > 0 ? " among themselves" : ""),
    ]),
    clause(
      host.filter((type) => !isUsuallyNode(type)),
      (things) => [plain(" use the node's "), strong(things)],
    ),
  ]);
  const each: Sentence[] =
    own.length === 0
      ? []
      : [
          [
            plain(whole.length === 0 ? `Each of the ${countWord(count)} ${who}` : "Each"),
            plain(" has its own "),
            strong(thingsOf(own)),
            plain("."),
          ],
        ];
  const mixed = mixedSentences(views.filter(({ type }) => !settled.has(type)));
  return [...whole, ...each, ...mixed, ...restSentence(host, views)];
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

function clause(types: readonly NamespaceType[], say: (things: string) => Sentence): readonly Sentence[] {
  return types.length === 0 ? [] : [say(thingsOf(types))];
}

/** One sentence for each clause; the subject is named once. */
function compose(first: string, then: string, clauses: readonly (readonly Sentence[])[]): Sentence[] {
  return clauses.flat().map((runs, index) => [plain(index === 0 ? first : then), ...runs, plain(".")]);
}

/** "The rest is the node's", where that is true of all that was not said. */
function restSentence(host: readonly NamespaceType[], views: readonly TypeView[]): readonly Sentence[] {
  const rest = views.map(({ type }) => type).filter(isUsuallyNode);
  const allOfIt = rest.length > 0 && rest.every((type) => host.includes(type));
  return allOfIt ? [[plain("The rest is the node's.")]] : [];
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
    if (identity?.hue === "host")
      return [plain(`${who} ${many ? "use" : "uses"} the node's `), strong(things)];
    const withInfra = infra !== undefined && infra.cell.identity === identity;
    if (many)
      return [
        plain(`${who} share `),
        strong(things),
        plain(withInfra ? ` through ${infra.column.name}` : ""),
      ];
    return [plain(`${who} shares `), strong(things), plain(` with ${infra?.column.name ?? "another"}`)];
  });
  if (own.length > 0) {
    const only = clauses.length === 0;
    const who = only || own.length === 1 ? namesOf(columnsOf(own), members.length) : "the others";
    const have = own.length === 1 ? "has its own" : "each have their own";
    clauses.push(only ? [plain(`${who} ${have} `), strong(things)] : [plain(`${who} ${have}`)]);
  }
  return [...clauses.flatMap((runs, index) => (index === 0 ? runs : [plain("; "), ...runs])), plain(".")];
}

function namesOf(columns: readonly Column[], of: number): string {
  if (columns.length > 3) return `${String(columns.length)} of ${String(of)} containers`;
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
  if (gone.length > 0) sentences.push([plain(`${namesOf(gone, columns.length)} ended while being read.`)]);

  const idle = report.containers.filter(
    ({ kind, pid, state }) =>
      pid === null && kind !== "infra" && !(kind === "init" && state.startsWith("terminated")),
  );
  const [only] = idle;
  if (only !== undefined && idle.length === 1) {
    sentences.push([plain(`${only.name} is not running (${only.state}).`)]);
  } else if (idle.length > 1 && columns.some(({ alive }) => alive)) {
    // Where none runs the answer has said so already.
    sentences.push([plain(`${capitalised(countWord(idle.length))} containers are not running.`)]);
  }
  return sentences;
}

/** Whether it is what was asked for; silent where that cannot be said. */
function specSentences(report: AnyReport, matrix: Matrix): readonly Sentence[] {
  const asks = "pod" in report ? "the spec asks" : "the configuration asks";
  const differing = report.findings.filter(({ code }) => code === "sharing-differs").length;
  if (differing === 1) return [[plain(`One thing is not as ${asks}.`)]];
  if (differing > 1) return [[plain(`${capitalised(countWord(differing))} things are not as ${asks}.`)]];
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
  return running.length > 0 && allRead && known && !unverified ? [[plain(`That is what ${asks} for.`)]] : [];
}
