import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { firstLine, listening, nodeClient } from "./listening.ts";
import { CliRun, runCli } from "./run-cli.ts";

let folder = "";

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "overwall-serve-"));
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

const options = process.platform === "win32" ? { skip: "no POSIX shell here" } : {};

/** Tells its process id, then gives back what comes. */
const PID_AND_CAT = ["sh", "-c", "echo $$; exec cat"];

/** The command on a TCP port and a UNIX socket at once. */
async function onBoth(
  name: string,
  command: readonly string[],
  ...given: string[]
): Promise<{ readonly run: CliRun; readonly urls: readonly [string, string] }> {
  const unix = `unix://${folder}/${name}.sock`;
  const { run, url } = await listening("serve", ...given, "tcp://:0", unix, "--", ...command);
  await run.saw(/listening on unix:/);
  return { run, urls: [url, unix] };
}

/** Whether there is a process of that number. */
function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

describe("serve URL… -- COMMAND", options, () => {
  test("gives every connection, on every URL, a process of its own", async () => {
    const { run, urls } = await onBoth("each", PID_AND_CAT);
    await using _run = run;
    const clients = [...urls, ...urls].map((url) => nodeClient(url));
    const pids = await Promise.all(clients.map(firstLine));
    assert.equal(new Set(pids).size, 4, "all four are there at once");
    for (const [index, client] of clients.entries()) {
      const back = firstLine(client);
      client.write(`to ${index}\n`);
      assert.equal(await back, `to ${index}`);
      client.end();
    }
    for (let id = 1; id <= 4; id++) await run.saw(new RegExp(`#${id} closed: 5 B →`));
    assert.doesNotMatch(run.stderr, /#5|failed|cut/);
  });

  test("passes the end of a client on, and the answer to it back", async () => {
    const { run, url } = await listening("serve", "tcp://:0", "--", "sort", "-u");
    await using _run = run;
    const ended = await new CliRun(["connect", url]).input("b\na\nb\n").ended;
    assert.equal(ended.stdout.toString(), "a\nb\n");
    assert.equal(ended.code, 0);
  });

  test("gives a client all that was printed, though the command read little of its input", async () => {
    const script = "head -c 1000 >/dev/null; head -c 1000000 /dev/zero; exit 5";
    const { run, url } = await listening("serve", "tcp://:0", "--", "sh", "-c", script);
    await using _run = run;
    const client = nodeClient(url);
    client.write(new Uint8Array(3_000_000));
    await run.saw(/#1 opened/);
    let received = 0;
    const ended = new Promise<void>((resolve, reject) => {
      client.once("end", resolve);
      client.once("error", reject);
    });
    client.on("data", (data: Buffer) => (received += data.length));
    await ended;
    assert.equal(received, 1_000_000);
    client.end();
    await run.saw(/#1 closed: .* 1,000,000 B ←.* exited with code 5, [\d,]+ B unsent/);
  });

  test("names the program that cannot be run, cuts that client, and goes on listening", async () => {
    const { run, url } = await listening("serve", "tcp://:0", "--", "no-such-program", "x");
    await run.saw(/overwall: there is no program "no-such-program" here/);
    await using _run = run;
    for (const id of [1, 2]) {
      const code = await new Promise<string | undefined>((resolve) => {
        const client = nodeClient(url).resume();
        client.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
        client.on("end", () => resolve("a plain end"));
      });
      assert.equal(code, "ECONNRESET");
      await run.saw(
        new RegExp(`#${id} failed: tcp:\\S+ .*process:no-such-program x: there is no such program`),
      );
    }
  });

  test("tells the status of each process, in words and as an event", async () => {
    const command = ["sh", "-c", 'read how; eval "$how"'];
    const { run, urls } = await onBoth("status", command);
    await using _run = run;
    const rows = [
      ["exit 3", /#1 closed: .*exited with code 3/],
      ["kill -9 $$", /#2 closed: .*was ended by SIGKILL/],
      ["exit 0", /#3 closed: .*; client side closed by the peer|#3 closed: .*server side closed/],
    ] as const;
    for (const [how, words] of rows) {
      nodeClient(urls[0]).resume().end(`${how}\n`);
      await run.saw(words);
    }
    const json = new CliRun(["serve", "--json", "tcp://:0", "--", ...command]);
    await using _json = json;
    const [, url = ""] = await json.saw(/"url":"([^"]+)"/, "stdout");
    nodeClient(url).resume().end("exit 3\n");
    const [line] = await json.saw(/^.*"event":"closed".*$/m, "stdout");
    const { right } = JSON.parse(line) as { right: { code: string; exitCode: number } };
    assert.deepEqual([right.code, right.exitCode], ["ERR_WIRE_PROCESS_EXIT", 3]);
  });

  test("SIGTERM lets each finish on every URL; who does not is named, and its process ends", async () => {
    const { run, urls } = await onBoth("drain", PID_AND_CAT, "--drain", "1");
    await using _run = run;
    const [first, second] = urls;
    assert.ok(first !== undefined && second !== undefined);
    const polite = nodeClient(first).on("error", () => {});
    const politePid = Number(await firstLine(polite));
    const rude = nodeClient(second).on("error", () => {});
    const rudePid = Number(await firstLine(rude));
    run.child.kill("SIGTERM");
    await run.saw(/draining 2 connections/);
    polite.end("last words");
    const ended = await run.ended;
    rude.destroy();
    assert.equal(ended.code, 130);
    assert.match(ended.stderr, /#1 closed: 10 B →/);
    assert.match(ended.stderr, /#2 was cut: unix:/);
    assert.doesNotMatch(ended.stderr, /#1 was cut/);
    assert.deepEqual([isAlive(politePid), isAlive(rudePid)], [false, false]);
  });

  test("what cannot be listened on is told, and leaves no other URL open", async () => {
    const first = `unix://${folder}/first.sock`;
    const wrong = `unix://${folder}/no/such/folder.sock`;
    const ended = await runCli("serve", first, wrong, "--", "cat");
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /Cannot listen on unix:\S+folder\.sock/);
    const { run } = await listening("serve", first, "--", "cat");
    await using _run = run;
  });

  test("a command may hold what an endpoint string may not", async () => {
    const { run, url } = await listening("serve", "tcp://:0", "--", "echo", "?password=x", "a  b#");
    await using _run = run;
    const ended = await new CliRun(["connect", url]).input().ended;
    assert.equal(ended.stdout.toString(), "?password=x a  b#\n");
  });

  test("on standard input it serves that, and passes the status on", async () => {
    const run = new CliRun(["serve", "stdio:", "--", "sh", "-c", "cat; exit 4"]).input("whole");
    const ended = await run.ended;
    assert.equal(ended.stdout.toString(), "whole");
    assert.equal(ended.code, 4);
  });

  test("without a URL, or without a command, it says what is missing", async () => {
    assert.match(
      (await runCli("serve", "tcp://:0", "--")).stderr,
      /expected a command behind "--"/,
    );
    const none = await runCli("serve", "--", "cat");
    assert.equal(none.code, 2);
    assert.match(none.stderr, /missing required argument|on which URL/);
  });
});

describe("serve PROTOCOL on standard input", options, () => {
  test("is over with it, and says so with its exit code", async () => {
    const ended = await new CliRun(["serve", "echo", "stdio:"]).input("back").ended;
    assert.equal(ended.stdout.toString(), "back");
    assert.equal(ended.code, 0, ended.stderr);
  });
});
