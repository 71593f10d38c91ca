import assert from "node:assert/strict";
import { it } from "node:test";
import { fileURLToPath } from "node:url";
import { CliRun } from "../../cli/run-cli.ts";
import { runToEnd } from "../../interop/program.ts";

/** As where nothing is compiled. */
const env = { OVERWALL_ADDON: "/nowhere/overwall.node", OVERWALL_DRIVER: "portable" };
const WHY = /Cannot start a program on a terminal: .*\/nowhere\/overwall\.node/;

it("pty() without the native driver throws UnsupportedError, and says why", async () => {
  const pty = fileURLToPath(new URL("../../../src/wires/pty/index.js", import.meta.url));
  const script = `import { pty } from ${JSON.stringify(pty)};
    try { pty({ command: "true" }); } catch (error) { console.log(error.code, error.message); }`;
  const args = ["--input-type=module", "--eval", script];
  const { stderr, stdout } = await runToEnd(process.execPath, args, { env });
  assert.equal(stderr, "");
  assert.match(stdout, /^ERR_WIRE_UNSUPPORTED /);
  assert.match(stdout, WHY);
});

for (const args of [
  ["connect", "pty:true"],
  ["relay", "stdio:", "pty:true"],
  ["serve", "--pty", "tcp://127.0.0.1:0", "--", "true"],
]) {
  it(`${args.slice(0, 2).join(" ")} without the native driver is refused by name`, async () => {
    await using run = new CliRun(args, { env });
    const { code, stderr, stdout } = await run.input().ended;
    assert.match(stderr, WHY);
    assert.equal(stdout.toString(), "");
    assert.equal(code, 1);
  });
}
