import type { Bytes } from "../contract/index.ts";

/** A source that takes bytes back: they are read again, before all others. */
export interface Unreadable {
  unread(data: Bytes): void;
}

/** Gives `rest` back to `source`, if it takes bytes back; otherwise `rest` is gone. */
export function giveBack(source: object, rest: Bytes): void {
  if (rest.byteLength > 0 && isUnreadable(source)) source.unread(rest);
}

function isUnreadable(source: object): source is Unreadable {
  return "unread" in source && typeof source.unread === "function";
}
