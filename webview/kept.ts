import { fieldOf } from "../extension/core/json.ts";

/** Where a page keeps something while it is hidden or VS Code is not running. */
export interface Keeping {
  saved(): unknown;
  save(state: object): void;
}

/** Milliseconds without scrolling after which the position is kept. */
const scrollSettled = 150;

/**
 * Brings a page back as its reader left it, as soon as that is drawn, and keeps how it is left: how far it is scrolled, and
 * of each element with `data-keep="NAME"` whether it is open (details) or checked (input).
 *
 * @returns takes what else is to be kept with it; until it is called nothing is.
 */
export function keepPlace(root: HTMLElement, host: Keeping): (rest: object) => void {
  const before = host.saved();
  let goTo = numberIn(before, "scrollTop");
  const controls = new Map(flagsIn(before, "controls"));
  const toRestore = new Map(controls);
  let rest: object | undefined;

  const keepAll = (): void => {
    if (rest === undefined) return;
    // Until there is enough to scroll in, the position kept before is still the one to go to.
    const scrollTop = goTo > 0 ? goTo : window.scrollY;
    host.save({ ...rest, scrollTop, controls: Object.fromEntries(controls) });
  };
  const restore = (): void => {
    for (const control of controlsIn(root)) {
      const wanted = toRestore.get(nameOf(control));
      if (wanted !== undefined) turn(control, wanted);
      toRestore.delete(nameOf(control));
    }
    if (goTo === 0) return;
    window.scrollTo(0, goTo);
    if (window.scrollY >= goTo - 1) goTo = 0;
  };
  const changed = (): void => {
    for (const control of controlsIn(root)) {
      if (!toRestore.has(nameOf(control))) controls.set(nameOf(control), isOn(control));
    }
    keepAll();
  };

  new MutationObserver(restore).observe(root, { childList: true, subtree: true });
  // "toggle" does not bubble.
  for (const type of ["toggle", "change"]) root.addEventListener(type, changed, true);
  for (const type of ["wheel", "keydown", "pointerdown"]) {
    window.addEventListener(type, () => (goTo = 0), { passive: true });
  }
  let settling = 0;
  window.addEventListener(
    "scroll",
    () => {
      clearTimeout(settling);
      settling = setTimeout(keepAll, scrollSettled);
    },
    { passive: true },
  );
  return (more) => {
    rest = more;
    keepAll();
  };
}

type Control = HTMLDetailsElement | HTMLInputElement;

function controlsIn(root: HTMLElement): readonly Control[] {
  return [...root.querySelectorAll<Control>("details[data-keep], input[data-keep]")];
}

function nameOf(control: Control): string {
  return control.dataset["keep"] ?? "";
}

function isOn(control: Control): boolean {
  return "checked" in control ? control.checked : control.open;
}

/** As the reader would do it. A radio button is turned off by turning on another. */
function turn(control: Control, wanted: boolean): void {
  if (!("checked" in control)) control.open = wanted;
  else if (control.checked !== wanted && (wanted || control.type !== "radio")) control.click();
}

function numberIn(saved: unknown, field: string): number {
  const value = fieldOf(saved, field);
  return typeof value === "number" && value > 0 ? value : 0;
}

function flagsIn(saved: unknown, field: string): readonly (readonly [string, boolean])[] {
  return Object.entries(Object(fieldOf(saved, field))).filter(
    (entry): entry is [string, boolean] => typeof entry[1] === "boolean",
  );
}
