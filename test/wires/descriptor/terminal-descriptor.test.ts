import assert from "node:assert/strict";
import { closeSync, constants, openSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { it } from "node:test";
import tty from "node:tty";
import { openNativeIntake } from "../../../src/wires/_drivers/native/native-duct.ts";
import { reactor } from "../../../src/wires/_drivers/native/reactor.ts";
import { onlyNative, openCount, turns } from "../unix/descriptor-rig.ts";
import { EchoOnTerminal } from "./echo-on-terminal.ts";

it("a terminal that Node cannot open leaves nothing of ours", onlyNative, async (context) => {
  const { addon } = reactor();
  using echo = new EchoOnTerminal();
  const { O_NOCTTY, O_RDWR } = constants;
  const fd = openSync(`/dev/pts/${echo.index}`, O_RDWR | O_NOCTTY);
  await turns();
  const [before, slotsBefore] = [openCount(), addon.counts()[0]];
  const refusing = context.mock.method(tty, "ReadStream", function refuse() {
    throw new Error("no terminal");
  });
  syncBuiltinESMExports();
  assert.throws(() => openNativeIntake(fd, "terminal", "shared"), { message: "no terminal" });
  refusing.mock.restore();
  syncBuiltinESMExports();
  await turns();
  assert.deepEqual([openCount(), addon.counts()[0]], [before, slotsBefore]);
  closeSync(fd);
  closeSync(echo.master);
  assert.equal(await echo.signal, "SIGHUP");
});
