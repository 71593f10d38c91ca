import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { hungUpOn, onTerminal } from "../../src/cli/tour/wires/terminal.ts";
import type { RunnableCase } from "../../src/testing/index.ts";
import { conformance } from "../../src/testing/index.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-pty-"));
after(() => rmSync(folder, { recursive: true, force: true }));
/** The mirror is no part of what is tried here, and runs on Node whatever runs this. */
const { versions, execPath } = process;
const node: string = "bun" in versions || "deno" in versions ? "node" : execPath;
const wire = onTerminal("pty with our stdio in it", folder, node);

/** Asked of both ends, or of the socket: they are not alike, and each tells its own. */
const OF_THE_SOCKET: readonly string[] = ["capability.told", "capability.refused (right→left)"];
/** Cases that a machine under load fails while a child of Node's size starts. */
const QUICK: readonly string[] = ["limit.idle", "limit.idleEitherWay"];

function whyNot(one: RunnableCase): string | false {
  const {
    case: { id },
    name,
  } = one;
  if (OF_THE_SOCKET.some((asked) => asked === id || name.endsWith(asked)))
    return "the other end is a UNIX socket, and can more";
  if (QUICK.includes(id)) return "a child takes longer to start than the limit of this case";
  return hungUpOn(one) ?? false;
}

for (const one of conformance(wire)) {
  test(one.name, { skip: onlyNative.skip || (one.skip ?? whyNot(one)) }, one.run);
}
