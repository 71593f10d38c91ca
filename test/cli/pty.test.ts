import assert from "node:assert/strict";
import type { AddressInfo, Socket } from "node:net";
import { connect, createServer } from "node:net";
import { describe, it } from "node:test";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { Program, runToEnd } from "../interop/program.ts";
import { OVERWALL } from "../interop/relay-command.ts";
import { Scratch } from "../interop/scratch.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";
import { listening, nodeClient } from "./listening.ts";
import { CliRun } from "./run-cli.ts";

/** Edits its line, and so takes the terminal in turns with what it starts. */
const BASH = "bash --norc -i";
const missing = missingPrograms(["bash"]);
const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;

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

  it("answers a client that has ended, and then the program ends", { skip }, async () => {
    const { run, url } = await listening(
      ...["serve", "--pty", "tcp://127.0.0.1:0", "--", ...BASH.split(" ")],
    );
    await using _run = run;
    const client = nodeClient(url);
    client.end("echo h''i\n");
    let got = "";
    for await (const chunk of client) got += String(chunk);
    assert.match(got, /hi\r\n/);
    await run.saw(/closed: \d+ B →/);
  });

  for (const args of [
    ["connect", `pty:${BASH}`],
    ["relay", "stdio:", `pty:${BASH}`],
  ]) {
    it(`ends after its input, with the reply: ${args[0]}`, { skip }, async () => {
      await using run = new CliRun(args);
      const { code, stdout } = await run.input("echo h''i\n").ended;
      assert.match(stdout.toString(), /hi\r\n/);
      assert.equal(code, 0);
    });
  }

  it("is not waited for longer than --half-open-idle where it takes no end", async () => {
    const program = "pty:sh -c 'trap : HUP; stty raw; echo here; sleep 100'";
    await using run = new CliRun(["connect", "--half-open-idle", "200ms", program]);
    const { code, stderr } = await run.input("words\n").ended;
    assert.match(stderr, /the peer was silent for 200 ms after the end of input/);
    assert.equal(code, 124);
  });

  it("is hung up when nobody reads what it prints, and the command goes on", async () => {
    using scratch = new Scratch();
    const relay = `"${process.execPath}" "${OVERWALL}" relay --quiet fd:3,1 pty:yes`;
    const hold = 'mkfifo "$INPUT"; exec 3<>"$INPUT"';
    const script = `${hold}; { ${relay}; echo "status $?" >&2; } | head -n 1`;
    const env = { INPUT: scratch.path("input") };
    const { stdout, stderr } = await runToEnd("sh", ["-c", script], { env });
    assert.deepEqual([stdout, stderr], ["y\r\n", "status 0\n"]);
  });
});

it("connect tells that it drains, as the other commands do", async () => {
  const held = new Set<Socket>();
  await using server = createServer({ allowHalfOpen: true }, (one) => held.add(one));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  await using run = new CliRun(["connect", `tcp://127.0.0.1:${port}`]);
  await run.saw(/connected to/);
  run.child.kill("SIGINT");
  await run.saw(/draining 1 connection; a second signal cuts them now/);
  run.child.kill("SIGINT");
  assert.equal((await run.ended).code, 130);
  for (const one of held) one.destroy();
});
