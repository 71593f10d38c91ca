import type { Channel } from "node:diagnostics_channel";
import { channel } from "node:diagnostics_channel";
import type { CloseReason, Observer, Opening } from "../../contract/index.ts";

/** What subscribers of `overwall.connection.opened` are given. */
export type OpenedMessage = Opening;

/** What subscribers of `overwall.connection.ended` are given; without ends if it never opened. */
export interface EndedMessage extends Partial<Opening> {
  readonly reason: CloseReason;
}

/**
 * `observer`, and beginnings and ends published on `node:diagnostics_channel` beside it; just
 * `observer` when nobody has subscribed at the time.
 */
export function publishing(
  observer: Observer | (() => Observer) | undefined,
): Observer | undefined {
  const own = typeof observer === "function" ? observer() : observer;
  if (!openedChannel.hasSubscribers && !endedChannel.hasSubscribers) return own;
  let opening: Opening | undefined;
  return {
    ...bound(own),
    opened: (told) => {
      opening = told;
      openedChannel.publish(told satisfies OpenedMessage);
      own?.opened?.(told);
    },
    ended: (reason) => {
      endedChannel.publish({ ...opening, reason } satisfies EndedMessage);
      own?.ended?.(reason);
    },
  };
}

/** The methods that are passed on as they are; those absent stay absent. */
function bound(own: Observer | undefined): Observer {
  return {
    ...(own?.bytes && { bytes: own.bytes.bind(own) }),
    ...(own?.counted && { counted: own.counted.bind(own) }),
    ...(own?.paused && { paused: own.paused.bind(own) }),
    ...(own?.resumed && { resumed: own.resumed.bind(own) }),
  };
}

const openedChannel: Channel = channel("overwall.connection.opened");
const endedChannel: Channel = channel("overwall.connection.ended");
