import { SandboxError } from "../core/errors.ts";
import type { Become } from "./access.ts";
import type { DialogueTexts } from "./dialogue.ts";

/** A command that becomes root first. */
export interface Becoming {
  readonly argv: readonly string[];
  /** Where there is one, the command may be given nothing before it is ready. */
  readonly dialogue: DialogueTexts | undefined;
}

/**
 * Wraps a command so that it runs as root, in whatever way was chosen. Reading another user's namespace links takes
 * CAP_SYS_PTRACE (namespaces(7)).
 *
 * Every way is a line for `sh -c`: the account's own login shell, which may be csh or fish, only ever sees words in
 * quotes. What is printed on the way is put together from two halves there, so that a shell that prints what it runs
 * (`set -x`), or a banner that shows what was asked for, cannot print it as a whole.
 *
 * `nonce` is new for every command: 32 hex digits.
 * @throws SandboxError `setting-invalid` for a template that cannot be used.
 */
export function becoming(become: Become, argv: readonly string[], nonce: string): Becoming {
  switch (become.kind) {
    case "never":
      return { argv, dialogue: undefined };
    case "auto":
      return { argv: ["sh", "-c", automatically, "sh", ...argv], dialogue: undefined };
    case "sudo":
      return conversing(`${unlessRoot}${bySudo}`, argv, nonce, true);
    case "doas":
      return conversing(`${unlessRoot}exec doas -n -- "$@"`, argv, nonce, false);
    case "template":
      return conversing(lineOf(become.template), argv, nonce, become.template.includes(promptMark));
  }
}

/**
 * The same on a terminal, on which the user types the password where one is asked for: it never passes through us.
 * @throws as `becoming`.
 */
export function becomingOnTerminal(become: Become, argv: readonly string[]): readonly string[] {
  const line = lineOnTerminal(become);
  return line === undefined ? argv : ["sh", "-c", line, "sh", ...argv];
}

function lineOnTerminal(become: Become): string | undefined {
  switch (become.kind) {
    case "never":
      return undefined;
    case "auto":
      return [
        unasked,
        `if command -v sudo >/dev/null 2>&1; then exec sudo -k -u root -- "$@"; fi`,
        `if command -v doas >/dev/null 2>&1; then exec doas -- "$@"; fi`,
        `exec "$@"`,
      ].join("; ");
    case "sudo":
      return `${unlessRoot}exec sudo -k -u root -- "$@"`;
    case "doas":
      return `${unlessRoot}exec doas -- "$@"`;
    case "template":
      return `prompt="Password: "; ${lineOf(become.template)}`;
  }
}

const commandMark = "${command}";
const promptMark = "${prompt}";

/**
 * A program is believed when what it runs is root's and may run programs itself (sudoers' noexec). It is given no stdin
 * to try that: this is the script's. `-k` with a command (sudo(8)) neither uses nor renews a login that sudo
 * remembers, so that nothing is written for it.
 */
const unasked = [
  `makes_root() { "$@" sh -c '[ "$(id -u)" -eq 0 ]' </dev/null >/dev/null 2>&1; }`,
  `if [ "$(id -u)" -eq 0 ]; then exec "$@"; fi`,
  `if makes_root sudo -k -n -u root; then exec sudo -k -n -u root -- "$@"; fi`,
  `if makes_root doas -n; then exec doas -n -- "$@"; fi`,
].join("; ");

const automatically = `${unasked}; exec "$@"`;

const unlessRoot = `if [ "$(id -u)" -eq 0 ]; then exec "$@"; fi; `;

/** Reads the password from stdin up to the line's end, byte by byte (sudo's tgetpass.c), and prints in English. */
const bySudo = `LC_ALL=C; export LC_ALL; exec sudo -k -S -p "$prompt" -u root -- "$@"`;

/** Prints the ready line as root, before anything of stdin is read; nothing else is believed to be root (sudo -u, noexec). */
const readyThen = [
  `if [ "$(id -u)" -eq 0 ]; then echo "ready $1$2"; shift 2; exec "$@"; fi`,
  `echo 'it made no root of the user, or lets root run no programs' >&2; exit 1`,
].join("; ");

function conversing(line: string, argv: readonly string[], nonce: string, asks: boolean): Becoming {
  const half = nonce.length >> 1;
  const halves = [nonce.slice(0, half), nonce.slice(half)];
  const begin = `echo "begun $1$2"; prompt="password $1$2: "; shift 2; `;
  return {
    argv: ["sh", "-c", begin + line, "sh", ...halves, "sh", "-c", readyThen, "sh", ...halves, ...argv],
    dialogue: {
      begun: `begun ${nonce}`,
      prompt: asks ? `password ${nonce}: ` : undefined,
      ready: `ready ${nonce}\n`,
    },
  };
}

/**
 * The user's line, with the shell's own words for ours where they stand. Such as
 * `sudo -u root -S -p ${prompt} -- ${command}`, `dzdo -S -p ${prompt} ${command}`, `pfexec ${command}`, or, for
 * a program that takes a line and not words, `su -c 'exec "$0" "$@"' -- root ${command}`.
 */
function lineOf(template: string): string {
  if (!template.includes(commandMark)) throw unusable(`it must hold ${commandMark}`);
  if (/["'`\\]\$\{(command|prompt)\}|\$\{(command|prompt)\}["'`]/.test(template)) {
    throw unusable(`${commandMark} and ${promptMark} are quoted already: there may be no quotes around them`);
  }
  return template.replaceAll(commandMark, '"$@"').replaceAll(promptMark, '"$prompt"');
}

function unusable(why: string): SandboxError {
  return new SandboxError("setting-invalid", `the template for becoming root cannot be used: ${why}`, {
    facts: { setting: "podSandbox.become", expected: why },
  });
}
