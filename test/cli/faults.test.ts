import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import type { Socket } from "node:net";
import { connect as netConnect } from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { after, before, describe, test } from "node:test";
import { CliRun, runCli } from "./run-cli.ts";

let folder = "";

before(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), "overwall-faults-"));
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** A folder's UNIX socket, by a short name. */
function socketUrl(name: string): string {
  return `unix://${folder}/${name}.sock`;
}

/** An independent client of a server on a UNIX socket, which may be told of a reset. */
async function clientOf(name: string): Promise<Socket> {
  const client = netConnect(`${folder}/${name}.sock`).on("error", () => {});
  await once(client, "connect");
  return client.resume();
}

/** A server that has had a client. Quiet tells nothing of listening, so the socket is tried. */
async function visited(name: string, ...args: string[]): Promise<CliRun> {
  const run = new CliRun(args);
  while (run.child.exitCode === null) {
    if ((await clientOf(name).catch(() => null)) !== null) break;
  }
  return run;
}

function eventsIn(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

describe("listening where nobody can come is refused", () => {
  for (const args of [
    ["serve", "echo", "memory://x"],
    ["serve", "echo", "memory://x", "memory://y"],
    ["relay", "memory://a", "tcp://127.0.0.1:1"],
  ]) {
    test(`overwall ${args.join(" ")}`, async () => {
      const ended = await runCli(...args);
      assert.equal(ended.code, 2, ended.stderr);
      assert.match(
        ended.stderr,
        /^overwall: Cannot .*this process only.*tcp:\/\/\S+ or unix:.*\n$/,
      );
    });
  }

  test("memory beside another listener is served", async () => {
    await using run = new CliRun(["serve", "echo", "memory://x", socketUrl("beside")]);
    await run.saw(/listening on unix:/);
  });
});

describe("a module that cannot be served is named, with its fault, in one message", () => {
  const rows: readonly (readonly [string, string, number, RegExp])[] = [
    ["import", `import "./nope.mjs";`, 1, /import\.mjs: loading it failed: .*nope\.mjs/],
    ["package", `import "no-such-package";`, 1, /package\.mjs: loading .*'no-such-package'/],
    ["syntax", "export default (", 1, /syntax\.mjs: it, or .* has a syntax error: /],
    ["throws", `throw new Error("boom");`, 1, /throws\.mjs: loading it failed: boom$/],
    ["none", "export const x = 1;", 2, /none\.mjs: its default export is no class/],
  ];
  for (const [name, source, code, message] of rows) {
    test(name, async () => {
      const path = joinPath(folder, `${name}.mjs`);
      await writeFile(path, source);
      const ended = await runCli("serve", path, "tcp://:0");
      assert.match(ended.stderr.trimEnd(), message);
      assert.match(ended.stderr, /^overwall: Cannot serve [^\n]*\n$/);
      assert.equal(ended.code, code);
    });
  }

  test("a directory", async () => {
    const path = joinPath(folder, "folder.js");
    await mkdir(path);
    const ended = await runCli("serve", path, "tcp://:0");
    assert.match(ended.stderr, /^overwall: Cannot serve \S+folder\.js: it is a directory;.*\n$/);
    assert.equal(ended.code, 2);
  });

  const made: readonly (readonly [string, string, RegExp])[] = [
    ["empty", "() => ({})", /has no connectionMade\(\), dataReceived\(\), connectionLost\(\)$/],
    ["class", "class { connectionMade() {} dataReceived() {} }", /no connectionLost\(\)$/],
    ["nothing", "() => {}", /it made nothing, and no protocol$/],
    ["promise", "() => Promise.reject(new Error())", /promise and is no async function; write/],
  ];
  for (const [name, source, message] of made) {
    test(`what it makes is no protocol: ${name}`, async () => {
      const path = joinPath(folder, `makes-${name}.mjs`);
      await writeFile(path, `export default ${source};`);
      await using run = new CliRun(["serve", path, socketUrl(name)]);
      await run.saw(/listening on/);
      const client = await clientOf(name);
      await once(client, "close");
      run.child.kill("SIGTERM");
      const [, ...told] = (await run.ended).stderr.trimEnd().split("\n");
      assert.equal(told.length, 1, run.stderr);
      assert.match(told[0] ?? "", /^overwall: #1 failed: unix:\S*: Cannot serve \S+\.mjs: /);
      assert.match(told[0] ?? "", message);
    });
  }

  test("--help says what a module may export", async () => {
    const { stdout } = await runCli("serve", "--help");
    assert.match(stdout.toString(), /an async function {2}a handler/);
  });
});

describe("failures are told to whoever asked for quiet", () => {
  test("relay: the second side cannot be connected", async () => {
    await using run = await visited(
      "quiet",
      ...["relay", socketUrl("quiet"), "tcp://127.0.0.1:1", "-q"],
    );
    await run.saw(/^overwall: #1 failed: unix:\S*: Cannot connect to tcp:\/\/127\.0\.0\.1:1: /m);
  });

  const THROWS = `class {
    connectionMade() { throw new Error("no luck"); }
    dataReceived() {}
    connectionLost() {}
  }`;
  const rows: readonly (readonly [string, string, RegExp, string])[] = [
    ["factory", `() => { throw new Error("no luck"); }`, /#1 failed: \S+ no luck/, "failed"],
    ["handler", `async () => { throw new Error("no luck"); }`, /#1 failed: \S+ no luck/, "failed"],
    ["protocol", THROWS, /#1 closed: .*failed on our side: .*no luck/, "closed"],
  ];
  for (const [name, source, message, event] of rows) {
    test(`serve: a ${name} that throws, as words and as an event`, async () => {
      const path = joinPath(folder, `quiet-${name}.mjs`);
      await writeFile(path, `export default ${source};`);
      await using run = await visited(name, "serve", path, socketUrl(name), "-q");
      await run.saw(message);
      await using json = await visited(
        `${name}-json`,
        ...["serve", path, socketUrl(`${name}-json`), "--json"],
      );
      await json.saw(new RegExp(`"event":"${event}","id":1,.*no luck.*\n`), "stdout");
      assert.doesNotMatch(json.stdout.toString(), /"warning"/);
    });
  }
});

describe("with --json a mistake in the command line is an event where the events go", () => {
  const rows: readonly (readonly [readonly string[], "stdout" | "stderr", RegExp])[] = [
    [["relay", "--json", "tcp://:1"], "stdout", /^missing required argument 'connect'$/],
    [["serve", "echo", "tcp://:0", "--json", "--bogus"], "stdout", /^unknown option '--bogus'/],
    [["bogus", "--json"], "stdout", /^unknown command 'bogus'/],
    [["relay", "tcp://:0", "tcp://:1", "--json", "--idle", "x"], "stdout", /Expected seconds/],
    [["serve", "ecko", "tcp://:0", "--json"], "stdout", /did you mean "echo"/],
    [["connect", "--json"], "stderr", /^missing required argument 'url'$/],
  ];
  for (const [args, where, message] of rows) {
    test(`overwall ${args.join(" ")}`, async () => {
      const ended = await runCli(...args);
      assert.equal(ended.code, 2);
      const texts = { stdout: ended.stdout.toString(), stderr: ended.stderr };
      const [event, ...others] = eventsIn(texts[where]);
      assert.equal(event?.["event"], "error");
      assert.match(String(event?.["message"]), message);
      assert.deepEqual(others, []);
      assert.equal(texts[where === "stdout" ? "stderr" : "stdout"], "");
    });
  }
});

describe("SIGHUP drains", () => {
  for (const [command, before, behind] of [
    ["serve", ["echo"], []],
    ["relay", [], ["tcp://127.0.0.1:1"]],
  ] as const) {
    test(`${command} takes its socket file away and exits with 0`, async () => {
      const name = `hup-${command}`;
      await using run = new CliRun([command, ...before, socketUrl(name), ...behind]);
      await run.saw(/listening on/);
      run.child.kill("SIGHUP");
      assert.equal((await run.ended).code, 0);
      assert.equal(existsSync(joinPath(folder, `${name}.sock`)), false);
    });
  }

  test("connect closes in order and exits with 0", async () => {
    await using server = new CliRun(["serve", "echo", socketUrl("hup-echo")]);
    await server.saw(/listening on/);
    await using run = new CliRun(["connect", socketUrl("hup-echo")]);
    await run.saw(/connected/);
    run.child.kill("SIGHUP");
    const ended = await run.ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.match(ended.stderr, /closed by us/);
  });
});

test("connect with a directory as its input says so, and fails", async () => {
  await using server = new CliRun(["serve", "discard", socketUrl("discard")]);
  await server.saw(/listening on/);
  const input = openSync(folder, "r");
  const args = [...server.child.spawnargs.slice(1, 2), "connect", socketUrl("discard")];
  const child = spawn(process.execPath, args, { stdio: [input, "ignore", "pipe"] });
  closeSync(input);
  let stderr = "";
  child.stderr?.on("data", (data: Buffer) => (stderr += data.toString()));
  const [code] = (await once(child, "close")) as [number | null];
  assert.equal(stderr, "overwall: Cannot read standard input: it is a directory\n");
  assert.equal(code, 1);
});
