/** The floors of the house, bottom up; the rooms on one floor are strangers. */
export const FLOORS: readonly (readonly string[])[] = [
  ["contract"],
  ["flow"],
  ["memory", "framing", "bridges"],
  ["wires", "layers"],
  ["endpoints"],
  ["join", "inspect"],
  ["cli"],
];

/** A suite for any wire stands on what any wire stands on. */
export const SUITE = "testing";
const SUITE_SEES: readonly string[] = ["contract", "flow", "memory", "framing", "bridges"];

/** Rooms whose folders are strangers too; a folder that begins with `_` is shared among them. */
const DIVIDED: readonly string[] = ["wires", "layers"];

/** The only files that may load a package from elsewhere. */
export const DOORS: Readonly<Record<string, readonly RegExp[]>> = {
  commander: [/^src\/cli\//],
  "@peculiar/x509": [/^src\/layers\/tls\/x509\.ts$/],
  "reflect-metadata": [/^src\/layers\/tls\/x509\.ts$/],
};

/** Files that may import what they were given at run time: a user's protocol. */
export const OPEN_IMPORTS: readonly RegExp[] = [/^src\/cli\//];

/** The one place on the lower floors that stands on Node: its streams. */
export const NODE_BRIDGE: RegExp = /^src\/bridges\/node-[^/]+\.ts$/;

/** Names that exist on Node alone. */
export const NODE_NAMES: readonly string[] = ["Buffer", "process", "global", "__dirname"];

/** Names for time and luck, and the object through which they could be had unseen. */
export const TIME_NAMES: readonly string[] = [
  "Date",
  "performance",
  "setTimeout",
  "setInterval",
  "setImmediate",
  "queueMicrotask",
  "requestAnimationFrame",
  "MessageChannel",
  "globalThis",
];

/** Files below floor 3 that may use some of these names, and why they exist. */
export const NAME_EXCEPTIONS: Readonly<Record<string, readonly string[]>> = {
  "src/flow/system-runtime.ts": [...TIME_NAMES, "process"],
  "src/flow/default-on-error.ts": ["console", "process", "globalThis"],
  // A method of `net.Socket` is called so; its time is a clock's.
  "src/bridges/node-net-socket.ts": ["setTimeout"],
};

/** Commands that run the suite. */
export const RUNS_SUITE: RegExp = /^src\/cli\/(?:[^/]*conform[^/]*\.ts$|conform[^/]*\/|tour\/)/;

/** `src/index.ts` and its like: what users import; only commands stand above them. */
export const FRONT_DOOR = "front door";

/** The room that a file is in; null where no room has that name. */
export function roomOf(path: string): string | null {
  const [, first = "", ...rest] = path.split("/");
  if (rest.length === 0) return FRONT_DOOR;
  return first === SUITE || floorOf(first) >= 0 ? first : null;
}

export function floorOf(room: string): number {
  if (room === SUITE) return FLOORS.findIndex((rooms) => rooms.includes("bridges")) + 1;
  return FLOORS.findIndex((rooms) => rooms.includes(room));
}

/** Whether a file in one room may see a file in another. */
export function roomSees(from: string, to: string): boolean {
  if (from === to) return true;
  if (to === SUITE) return false;
  if (from === SUITE) return SUITE_SEES.includes(to);
  const top = FLOORS.length - 1;
  if (to === FRONT_DOOR) return floorOf(from) === top;
  if (from === FRONT_DOOR) return floorOf(to) < top;
  return floorOf(to) < floorOf(from);
}

/** Whether two files of one room are strangers, as two wires are. */
export function areStrangers(from: string, to: string): boolean {
  const [, room = "", folder = "", ...deeper] = from.split("/");
  const [, otherRoom, otherFolder = "", ...otherDeeper] = to.split("/");
  if (room !== otherRoom || !DIVIDED.includes(room)) return false;
  if (deeper.length === 0 || otherDeeper.length === 0) return from !== to;
  return folder !== otherFolder && !otherFolder.startsWith("_");
}
