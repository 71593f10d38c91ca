import { join } from "node:path";
import type {
  Address,
  ClientEndpoint,
  ProcessTransport,
  Protocol,
} from "../../../contract/index.ts";
import type { WireUnderTest } from "../../../testing/index.ts";
import { childProcess } from "../../../wires/process/index.ts";
import { unix } from "../../../wires/unix/index.ts";
import { MIRROR } from "../members/mirror.ts";
import { NODE_MEMBER } from "../members/node-member.ts";
import { STDIO_MEMBER } from "../members/stdio-member.ts";
import { HeldEnd } from "./held-end.ts";
import { mirroredWire } from "./mirrored-wire.ts";
import { pipedStdio, withoutPipes } from "./pipes.ts";
import type { Entry, OpenWire, TourWire } from "./tour-wire.ts";

/** A child process that knows Node's own streams only; the room holds its pipes. */
export const processWire: TourWire = {
  key: "process",
  title: "process",
  column: "prc",
  absent: withoutChildren,
  open: (entry) => openChild(entry, "a child with Node's own streams", onPipes(NODE_MEMBER)),
  live: mirrored,
};

/** A child whose standard streams are our `stdio()`. */
export const stdioWire: TourWire = {
  key: "stdio",
  title: "stdio",
  column: "std",
  absent: withoutPipes,
  open: (entry) => openChild(entry, "a child with our stdio()", onPipes(STDIO_MEMBER)),
  live: pipedStdio,
};

function withoutChildren(): string | undefined {
  return process.platform === "win32" ? "it needs POSIX pipes and sockets" : undefined;
}

function onPipes(program: string): StartMember {
  return (...args) => childProcess({ command: process.execPath, args: [program, ...args] });
}

/** A program that is called so, and listens to that speaker. */
type StartMember = (name: string, speaker: string) => ClientEndpoint<ProcessTransport>;

/** The room's end of a member that is a process of its own. */
export async function openChild(entry: Entry, made: string, start: StartMember): Promise<OpenWire> {
  const { chat, name, roomOptions, speaker } = entry;
  const peer: Address = { kind: "process", command: process.execPath, args: [], pid: null };
  const protocol = chat(peer);
  if (protocol === null) throw new Error(`the room is closed to ${name}`);
  const held = new HeldEnd(protocol);
  await start(name, speaker).connect(held.protocol as Protocol<ProcessTransport>, roomOptions);
  const { pid } = held.transport as ProcessTransport;
  return {
    address: `${made}, pid ${pid}`,
    commands: [],
    ...(pid !== null && { pid }),
    stopListening: async () => {},
  };
}

let places = 0;

/**
 * A child that joins its standard streams to a socket: at the left its pipes, at the right that
 * socket.
 */
function mirrored(folder: string): WireUnderTest {
  return mirroredWire({
    name: "process",
    capabilities: ["abort", "halfClose", "linger", "backPressure"],
    socket: () => {
      places += 1;
      return unix({ path: join(folder, `m${places}`) });
    },
    child: (path) =>
      childProcess({ command: process.execPath, args: [MIRROR, path], fds: { 3: "r" } }),
    tellsOn: 3,
  });
}
