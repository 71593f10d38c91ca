import { join } from "node:path";
import type { RunnableCase, WireUnderTest } from "../../../testing/index.ts";
import { whyNotNative } from "../../../wires/_drivers/native/addon.ts";
import { pty } from "../../../wires/pty/index.ts";
import { unix } from "../../../wires/unix/index.ts";
import { STDIO_MEMBER } from "../members/stdio-member.ts";
import { TERMINAL_MIRROR } from "../members/terminal-mirror.ts";
import { openChild } from "./children.ts";
import { mirroredWire } from "./mirrored-wire.ts";
import type { TourWire } from "./tour-wire.ts";

/** A child on a raw terminal of its own; its standard streams are our `stdio()`. */
export const ptyWire: TourWire = {
  key: "pty",
  title: "pty",
  column: "pty",
  absent: () => whyNotNative() ?? undefined,
  open: (entry) =>
    openChild(entry, "a child on a terminal, with our stdio()", (...args) =>
      pty({ command: process.execPath, args: [STDIO_MEMBER, ...args], raw: true }),
    ),
  live: (folder) => onTerminal("pty", folder),
  inapplicable: hungUpOn,
};

let places = 0;

/**
 * A child on a raw terminal that joins it to a socket: at the left our end of the terminal, at the
 * right that socket.
 *
 * @param node runs the child.
 */
export function onTerminal(
  name: string,
  folder: string,
  node: string = process.execPath,
): WireUnderTest {
  return mirroredWire({
    name,
    capabilities: ["abort", "backPressure"],
    socket: () => {
      places += 1;
      return unix({ path: join(folder, `t${places}`) });
    },
    child: (path) => pty({ command: node, args: [TERMINAL_MIRROR, path], raw: true }),
  });
}

/** Why a case does not hold: the system drops what a program had not read before a hang-up. */
export function hungUpOn({ name }: RunnableCase): string | undefined {
  const isHungUpOn = HANGS_UP.some((one) => name.endsWith(`: ${one}`));
  return isHungUpOn ? "a hang-up drops what was not read" : undefined;
}

const [FROM_US, TO_US] = ["left→right", "right→left"];

const HANGS_UP: readonly string[] = [
  ...[
    ...["write.afterClose", "reentry.microtask", "ledger.balances", "protocol.once"],
    ...["close.flushes", "close.flushesInMade", "close.waitsForProducer", "close.twice"],
    ...["close.waitsForPullProducer", "close.whilePaused"],
    ...["producer.unregisterReleasesClose", "producer.alternates"],
  ].map((id) => `${id} (${FROM_US})`),
  ...["read.endWaits", "read.neverEmpty"].map((id) => `${id} (${TO_US})`),
];
