import assert from "node:assert/strict";
import { connect } from "node:net";
import { describe, it } from "node:test";
import { Program } from "../interop/program.ts";
import { OVERWALL } from "../interop/relay-command.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";

describe("the command and terminals", onlyNative, () => {
  it("serves a terminal of its own for every connection, with --pty", async () => {
    const args = [OVERWALL, "serve", "--json", "--pty", "tcp://127.0.0.1:0", "--"];
    const script = "test -t 0 && echo terminal; read line; echo got $line";
    await using command = new Program(process.execPath, [...args, "sh", "-c", script]);
    const port = await command.until(({ stdout }) => {
      const line = stdout.split("\n").find((one) => one.includes('"listening"'));
      if (line === undefined) return undefined;
      return JSON.parse(line) as { readonly address: { readonly port: number } };
    });
    const client = connect({ host: "127.0.0.1", port: port.address.port });
    client.write("words\r");
    let got = "";
    for await (const chunk of client) got += String(chunk);
    assert.match(got, /terminal\r\n/);
    assert.match(got, /got words\r\n$/);
  });

  it("passes on the exit code of a program on a terminal", async () => {
    const args = [OVERWALL, "relay", "--quiet", "stdio:", `pty:sh -c "echo out; exit 3"`];
    await using command = new Program(process.execPath, args, { input: "open" });
    const { status, stdout } = await command.outcome;
    assert.equal(stdout, "out\r\n");
    assert.equal(status, 3);
  });
});
