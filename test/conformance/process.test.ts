import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { MIRROR } from "../../src/cli/tour/members/mirror.ts";
import { mirroredWire } from "../../src/cli/tour/wires/mirrored-wire.ts";
import type { ClientEndpoint } from "../../src/contract/index.ts";
import { cases, conformance, givenWire, register } from "../../src/testing/index.ts";
import { descriptor } from "../../src/wires/descriptor/index.ts";
import { childProcess } from "../../src/wires/process/index.ts";
import { unix } from "../../src/wires/unix/index.ts";
import { closeQuietly, makePipe } from "../wires/fifo.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-process-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let places = 0;

/** A child that joins its own `stdio()` to a socket; at the other end of that, the far protocol. */
const wire = mirroredWire({
  name: "process with our stdio in it",
  capabilities: ["abort", "halfClose", "linger", "backPressure"],
  socket: () => unix({ path: join(folder, `${places++}.sock`) }),
  child: (place) =>
    childProcess({
      command: process.execPath,
      args: [MIRROR, place],
      fds: { 3: "r" },
    }),
  tellsOn: 3,
});

/** Cases that a machine under load fails while a child of Node's size starts. */
const QUICK: readonly string[] = ["limit.idleEitherWay", "close.lingerMoves", "limit.idle"];

const skip = (name: string, reason: string): unknown => test(name, { skip: reason });

if (process.platform === "win32") test("process", { skip: "needs POSIX standard streams" });
else register(wire, test, { skip, cases: cases.filter(({ id }) => !QUICK.includes(id)) });

/** Two `cat`s start at once, where those cases begin a second connection within a time limit. */
const cats = givenWire("process with two cats in it", wire.capabilities, async () => {
  const [there, back] = [makePipe(), makePipe()];
  const script = "cat <&3 3<&- 4>&- & exec cat >&4 3<&- 4>&-";
  const fds = { 3: back.input, 4: there.output };
  const child = childProcess({ command: "/bin/sh", args: ["-c", script], fds });
  const atChild: ClientEndpoint = {
    connect: async (protocol, options) => {
      const connected = await child.connect(protocol, options);
      closeQuietly(back.input, there.output);
      return connected;
    },
  };
  // The right end is connected first: neither is idle while the child starts.
  return [descriptor({ input: there.input, output: back.output }), atChild];
});

if (process.platform === "linux") {
  for (const { name, case: one, run } of conformance(cats)) {
    if (!QUICK.includes(one.id)) continue;
    // Bare descriptors, at the left, do not linger.
    if (one.needs.includes("linger") && name.includes("left→right")) continue;
    test(name, run);
  }
}
