import assert from "node:assert/strict";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { describe, test } from "node:test";
import { chosenDriver } from "../../src/wires/_drivers/choose-driver.ts";
import { runCli } from "./run-cli.ts";

describe("bad input ends with one message, the right exit code and no stack", () => {
  // What is given, the exit code, what the message has to say.
  const rows: readonly (readonly [readonly string[], number, RegExp])[] = [
    [[], 2, /Usage: overwall/],
    [["conect", "tcp://:1"], 2, /unknown command 'conect'\n\(Did you mean connect\?\)/],
    [["relay", "tcp://:0"], 2, /missing required argument 'connect'/],
    [
      ["relay", "tcp://:0", "tcp://:1", "--jsn"],
      2,
      /unknown option '--jsn'\n\(Did you mean --json\?\)/,
    ],
    [["relay", "tcp://:0", "tcp://:1", "--drain", "soon"], 2, /Expected seconds/],
    [["connect", "tcp://:1", "--half-open-idle", "1000h"], 2, /at most 596h, or off/],
    [["relay", "tcp://:0", "tcp://:1", "--max-connections", "0"], 2, /a count of at least 1/],
    [["relay", "tcp://:0", "tcp://:1", "--tap", "morse"], 2, /Allowed choices are hex, text/],
    [
      ["connect", "tcp://127.0.0.1"],
      2,
      /expected ":" and a port\n {2}tcp:\/\/127\.0\.0\.1\n {17}\^/,
    ],
    [["relay", "tcp://:0", "tpc://:1"], 2, /did you mean "tcp"\?\n {2}tpc:\/\/:1\n {2}\^/],
    [["connect", "ssh://127.0.0.1:22"], 2, /ssh \(an SSH session\) is not in this version/],
    [["connect", "tls://127.0.0.1:443?ca=/no/such.pem"], 2, /ca: cannot read "\/no\/such\.pem"/],
    [["connect", "tls://127.0.0.1:443?minVersion=1.1"], 2, /there are 1\.2 and 1\.3/],
    [["serve", "echo", "tls://127.0.0.1:0?key=/k"], 2, /give the certificate/],
    [
      ["serve", "echo", "tls://127.0.0.1:0"],
      2,
      /cert=FILE and key=FILE .*selfSigned.*\n {2}tls:\/\/127\.0\.0\.1:0\n {19}\^/,
    ],
    [["serve", "tls://127.0.0.1:0", "--", "cat"], 2, /needs a certificate/],
    [["relay", "tls://127.0.0.1:0", "tcp://:1"], 2, /needs a certificate/],
    [["serve", "ecko", "tcp://:0"], 2, /did you mean "echo"/],
    [["serve", "./no-such-module.js", "tcp://:0"], 2, /there is no such file/],
    [["serve", "echo", "tcp://:0?noDelai"], 2, /did you mean "noDelay"/],
    [["serve", "echo", "tcp://:0?backlog=0"], 2, /backlog must be a whole number from 1/],
    [["serve", "tcp://:0"], 2, /a protocol comes before the URLs/],
    [["serve", "echo"], 2, /on which URL/],
    [["serve", "tcp://:0", "--"], 2, /expected a command behind "--"/],
    [["serve", "tcp://:0", "--", ""], 2, /the command behind "--" is empty/],
    [["serve", "--pty", "tcp://0.0.0.0:0", "--", "sh"], 2, /without a password; .* --insecure/],
    [["serve", "--pty", "tcp://example.org:0", "--", "sh"], 2, /whoever reaches it/],
    [["serve", "--pty", "echo", "tcp://:0"], 2, /expected "--" and a command/],
    [["conform", "memory://x", "--case", "close.chaty"], 2, /did you mean "close\.chatty"/],
    [["conform"], 2, /give a URL, or --through/],
    [["conform", "--through", "tcp://:1"], 2, /--through takes LISTEN=CONNECT/],
    [["connect", "unix:///no/such/folder/x.sock"], 1, /Cannot connect to unix:/],
    [["serve", "echo", "unix:///no/such/folder/x.sock"], 1, /Cannot listen on unix:/],
    [["connect", "memory://nobody"], 1, /Cannot connect to memory:\/\/nobody/],
  ];
  for (const [args, code, message] of rows) {
    test(`overwall ${args.join(" ")}`, async () => {
      const ended = await runCli(...args);
      assert.match(ended.stderr, message);
      assert.equal(ended.code, code);
      assert.equal(ended.stdout.toString(), "", "only data belongs on stdout");
      assert.doesNotMatch(ended.stderr, /^\s+at /m, "a stack trace");
      if (args.length > 0) assert.equal(ended.stderr.match(/overwall:/g)?.length, 1);
    });
  }

  test("a port that is in use", async () => {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const ended = await runCli("relay", `tcp://127.0.0.1:${port}`, "tcp://127.0.0.1:1");
    await new Promise((resolve) => server.close(resolve));
    assert.equal(ended.code, 1);
    assert.match(
      ended.stderr,
      new RegExp(`^overwall: Cannot listen on tcp://127\\.0\\.0\\.1:${port}:.*\n$`),
    );
  });

  test("a port where nobody listens", async () => {
    const ended = await runCli("connect", "tcp://127.0.0.1:1");
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /^overwall: Cannot connect to tcp:\/\/127\.0\.0\.1:1: .*\n$/);
  });

  test("a password is refused and not shown", async () => {
    const ended = await runCli("connect", "tcp://joe:hunter2@127.0.0.1:1");
    assert.equal(ended.code, 2);
    assert.match(ended.stderr, /a password does not belong in a URL/);
    assert.doesNotMatch(ended.stderr, /hunter2/);
  });

  test("--debug adds the stack", async () => {
    const ended = await runCli("connect", "tcp://127.0.0.1:1", "--debug");
    assert.match(ended.stderr, /^\s+at /m);
  });

  test("with --json an error is an event", async () => {
    const ended = await runCli("relay", "tcp://:0", "tcp://nobody:99999", "--json");
    assert.equal(ended.code, 2);
    const event = JSON.parse(ended.stdout.toString()) as { event: string; code: string };
    assert.deepEqual([event.event, event.code], ["error", "ERR_WIRE_SPEC"]);
    assert.equal(ended.stderr, "");
  });
});

test("--help and --version are answers: on stdout, exit code 0", async () => {
  for (const args of [["--help"], ["relay", "--help"], ["--version"]]) {
    const ended = await runCli(...args);
    assert.equal(ended.code, 0);
    assert.equal(ended.stderr, "");
    assert.notEqual(ended.stdout.toString(), "");
  }
});

test("wires tells what works here and what does not, as words and as events", async () => {
  const words = (await runCli("wires")).stdout.toString();
  for (const scheme of ["tcp", "unix", "memory", "tls", "ssh"])
    assert.match(words, new RegExp(`\\b${scheme}\\b`));
  const lines = (await runCli("wires", "--json")).stdout.toString().trim().split("\n");
  const rows = lines.map(
    (line) => JSON.parse(line) as { scheme: string; works: boolean; driver?: string },
  );
  for (const wire of ["tcp", "unix", "process", "stdio", "fd"]) {
    const { driver } = rows.find(({ scheme }) => scheme === wire) ?? {};
    assert.equal(driver, chosenDriver().name, wire);
  }
  assert.equal(rows.find(({ scheme }) => scheme === "tcp")?.works, true);
  assert.equal(rows.find(({ scheme }) => scheme === "tls")?.works, true);
  assert.equal(rows.find(({ scheme }) => scheme === "ssh")?.works, false);
});
