import * as l10n from "@vscode/l10n";
import type { JSX } from "preact";
import { useEffect, useState } from "preact/hooks";

/** Milliseconds; the age need not be more exact than a reader cares. */
const tick = 5_000;

/** "4 s ago", kept up to date and silent about it: a screen reader hears it only where it reads. */
export function Age({ since }: { since: string }): JSX.Element {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    setNow(Date.now());
    const timer = setInterval(() => {
      setNow(Date.now());
    }, tick);
    return () => {
      clearInterval(timer);
    };
  }, [since]);
  return (
    <time dateTime={since} title={since} aria-live="off">
      {ageWords(now - Date.parse(since))}
    </time>
  );
}

/** An age in milliseconds in words; what lies ahead (two clocks) or is no number is "just now". */
export function ageWords(age: number): string {
  const seconds = Math.floor(age / 1000);
  if (!(seconds >= 2)) return l10n.t("just now");
  if (seconds < 60) return l10n.t("{0} s ago", seconds);
  if (seconds < 3600) return l10n.t("{0} min ago", Math.floor(seconds / 60));
  if (seconds < 86_400) return l10n.t("{0} h ago", Math.floor(seconds / 3600));
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? l10n.t("1 day ago") : l10n.t("{0} days ago", days);
}
