import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { conformance } from "../../src/testing/index.ts";
import { pty } from "../../src/wires/pty/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";
import { mirroredWire } from "./mirrored-wire.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-pty-"));
after(() => rmSync(folder, { recursive: true, force: true }));
const mirror = fileURLToPath(new URL("terminal-mirror.js", import.meta.url));
/** The mirror is no part of what is tried here, and runs on Node whatever runs this. */
const { versions, execPath } = process;
const node: string = "bun" in versions || "deno" in versions ? "node" : execPath;
let places = 0;

/** A child on a raw terminal joins that to a socket; at the other end of it, the far protocol. */
const wire = mirroredWire({
  name: "pty with our stdio in it",
  capabilities: ["abort", "backPressure"],
  socket: () => unix({ path: join(folder, `${places++}.sock`) }),
  child: (place) => pty({ command: node, args: [mirror, place], raw: true }),
});

const [FROM_TERMINAL, TO_TERMINAL] = ["left→right", "right→left"];

/** The program's terminal hangs up while it has not read everything, and the system drops that. */
const HANGS_UP: readonly string[] = [
  ...[
    ...["write.afterClose", "reentry.microtask", "ledger.balances", "protocol.once"],
    ...["close.flushes", "close.flushesInMade", "close.waitsForProducer", "close.twice"],
    ...["close.waitsForPullProducer", "close.whilePaused"],
    ...["producer.unregisterReleasesClose", "producer.alternates"],
  ].map((id) => `${id} (${FROM_TERMINAL})`),
  ...["read.endWaits", "read.neverEmpty"].map((id) => `${id} (${TO_TERMINAL})`),
];
/** Asked of both ends, or of the socket: they are not alike, and each tells its own. */
const OF_THE_SOCKET: readonly string[] = ["capability.told", `capability.refused (${TO_TERMINAL})`];
/** Cases that a machine under load fails while a child of Node's size starts. */
const QUICK: readonly string[] = ["limit.idle", "limit.idleEitherWay"];

function whyNot(name: string, id: string): string | false {
  if (HANGS_UP.some((one) => name.endsWith(one))) return "a hang-up drops what was not read";
  const isOfSocket = OF_THE_SOCKET.some((one) => one === id || name.endsWith(one));
  if (isOfSocket) return "the other end is a UNIX socket, and can more";
  return QUICK.includes(id) && "a child takes longer to start than the limit of this case";
}

for (const { name, case: one, run, skip } of conformance(wire)) {
  test(name, { skip: onlyNative.skip || (skip ?? whyNot(name, one.id)) }, run);
}
