import type { Identity } from "../matrix.ts";
import type { Joined } from "./model.ts";
import { textPart, type Part, type Row } from "./rows.ts";

/** "A net 4026532334" */
export function joinedToken({ type, inode, identity }: Joined): Row {
  return [badgeOf(identity), textPart(inode, { lead: type })];
}

/** The letter of a Linux namespace on its hue. */
export function badgeOf({ letter, hue }: Identity): Part {
  return { kind: "badge", letter, hue };
}
