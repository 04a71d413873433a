import { parseCgroup } from "../cgroup.ts";
import { type NamespaceType, namespaceTypes } from "../namespaces.ts";
import { parseUidMap } from "../uid-map.ts";
import { type Links, readings } from "./parse-links.ts";
import type { ReadProcess, ReadProcesses } from "./read-processes.ts";
import { mostRanges } from "./script-parts.ts";
import type { Sections } from "./sections.ts";

/**
 * The processes as the Perl readers print them: one line each, `PID PPID STATE THREADS START NSPIDS SET CGROUP MAP COMM`,
 * where SET, CGROUP and MAP are numbers of lines of the tables before: eight links, a cgroup file, a UID map. Few
 * different ones are shared by many processes: what is made of them here is shared too.
 *
 * Why two processes with the same inode are in the same Linux namespace: the first of the list that shows an inode is
 * read a second time at the end of it all, and thrown away when it has moved or ended meanwhile; then it is the next
 * one's turn. So each inode is that of one Linux namespace from one process's first reading to its second, and all others
 * that show it were read in between. The same holds for threads, bind mounts, descriptors and lineage. What was read of
 * each process was so when it was read.
 */
export function parseProcesses(sections: Sections): ReadProcesses {
  const sets = parseSets(sections.lines("sets"));
  const supported = new Set([...sets.values()].flatMap((links) => [...links.keys()]));
  const cgroups = new Map(
    [...parseTable(sections.lines("cgroups"))].map(([at, text]) => [at, parseCgroup(text)]),
  );
  const maps = new Map(
    [...parseTable(sections.lines("maps"))].map(([at, text]) => {
      const ranges = parseUidMap(text);
      return [at, ranges !== undefined && ranges.length > mostRanges ? undefined : ranges];
    }),
  );
  const noCgroup = parseCgroup("");
  const known = new Map<string, ReadProcess["namespaces"]>();
  const readingsOf = (set: string, state: string): ReadProcess["namespaces"] => {
    const key = `${set} ${state}`;
    const found = known.get(key) ?? readings(sets.get(set), supported, state);
    known.set(key, found);
    return found;
  };

  const whole = new Map<number, ReadProcess>();
  for (const text of sections.lines("processes")) {
    const [
      ,
      digits,
      parent,
      state = "",
      threads,
      start,
      inside = "",
      set = "",
      cgroup = "",
      map = "",
      comm = "",
    ] = line.exec(text) ?? [];
    const pid = Number(digits);
    if (digits === undefined || whole.has(pid)) continue;
    whole.set(pid, {
      pid,
      ppid: Number(parent),
      state,
      comm: comm.includes("\\") ? unescaped(comm) : comm,
      startTicks: Number(start),
      threadCount: Number(threads),
      nspids: inside === digits ? [pid] : inside.split(",").filter(Boolean).map(Number),
      cgroup: cgroups.get(cgroup) ?? noCgroup,
      namespaces: readingsOf(set, state),
      uidMap: maps.get(map),
    });
  }
  return { whole, wasShown: (pid) => whole.has(pid) };
}

const line =
  /^(\d{1,10}) (\d{1,10}) ([A-Za-z]) (\d{1,10}) (\d{1,15}) ((?:\d{1,10},)*\d{1,10}|) (\d{1,5}) (\d{1,5}) (\d{1,5}) (.*)$/s;

/** Lines `NUMBER LINK LINK …`: an inode, `-` for a link that is there but is not shown, `.` for none. */
function parseSets(lines: readonly string[]): ReadonlyMap<string, Links> {
  const sets = new Map<string, Links>();
  for (const text of lines) {
    const [number = "", ...links] = text.split(" ");
    if (
      links.length !== namespaceTypes.length ||
      !links.every((link) => /^(?:[1-9]\d{0,19}|-|\.)$/.test(link))
    )
      continue;
    const shown = namespaceTypes.flatMap((type, at): [NamespaceType, string | undefined][] => {
      const link = links[at];
      return link === "." ? [] : [[type, link === "-" ? undefined : link]];
    });
    sets.set(number, new Map(shown));
  }
  return sets;
}

/** Lines `NUMBER:text`, those of one number joined again. */
function parseTable(lines: readonly string[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const text of lines) {
    const colon = text.indexOf(":");
    const [number, own] = [text.slice(0, colon), text.slice(colon + 1)];
    const earlier = texts.get(number);
    texts.set(number, earlier === undefined ? own : `${earlier}\n${own}`);
  }
  return texts;
}

/** A name's newlines and backslashes stand behind a backslash. */
function unescaped(text: string): string {
  return text.replace(/\\(.)/g, (_, mark: string) => (mark === "n" ? "\n" : mark));
}
