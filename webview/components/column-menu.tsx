import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { useLayoutEffect, useRef } from "preact/hooks";

export interface ColumnAction {
  readonly label: string;
  /** Absent where it cannot be done now. */
  readonly act: (() => void) | undefined;
}

/**
 * The menu of one column, over everything else (the popover API), so that the scrolling table does not cut it off.
 * The browser closes it on Escape and on a click elsewhere, and gives the focus back to its button.
 */
export function ColumnMenu({
  name,
  button,
  actions,
  onClose,
}: {
  name: string;
  button: HTMLElement;
  actions: readonly ColumnAction[];
  onClose: () => void;
}): JSX.Element {
  const menu = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => {
    const element = menu.current;
    if (element === null) return;
    element.showPopover();
    const { left, bottom } = button.getBoundingClientRect();
    const { width, height } = element.getBoundingClientRect();
    element.style.setProperty("left", pixels(left, window.innerWidth - width));
    element.style.setProperty("top", pixels(bottom, window.innerHeight - height));
    items(element)[0]?.focus();
  }, [button]);
  return (
    <div
      ref={menu}
      class="menu"
      popover="auto"
      role="menu"
      aria-label={l10n.t("Arrange column {0}", name)}
      onToggle={({ newState }) => {
        if (newState === "closed") onClose();
      }}
      onKeyDown={(event) => {
        if (menu.current !== null) walk(event, items(menu.current));
      }}
    >
      {actions.map(({ label, act }) => (
        <button
          type="button"
          role="menuitem"
          tabIndex={-1}
          aria-disabled={act === undefined}
          onClick={() => {
            if (act === undefined) return;
            menu.current?.hidePopover();
            act();
          }}
        >
          {label}
        </button>
      ))}
    </div>
  );
}

function items(menu: HTMLElement): readonly HTMLElement[] {
  return [...menu.querySelectorAll<HTMLElement>("[role=menuitem]")];
}

/** Up and down go round; a menu is left with Tab. */
function walk(event: KeyboardEvent, all: readonly HTMLElement[]): void {
  const at = all.findIndex((item) => item === document.activeElement);
  const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: -1 }[event.key];
  if (event.key === "Tab") event.preventDefault();
  if (to === undefined) return;
  event.preventDefault();
  all.at(to % all.length)?.focus();
}

/** Within the window, with a little room to its edge. */
function pixels(wanted: number, most: number): string {
  return `${String(Math.max(4, Math.min(wanted, most - 4)))}px`;
}
