import assert from "node:assert/strict";
import { closeSync, existsSync, openSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import type { AddressInfo, Server, Socket } from "node:net";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { after, before, describe, test } from "node:test";
import { chosenDriver } from "../../src/wires/_drivers/choose-driver.ts";
import { listening, nodeClient } from "./listening.ts";
import { CliRun } from "./run-cli.ts";

let folder = "";

before(async () => {
  folder = await mkdtemp(joinPath(tmpdir(), "overwall-cli-"));
});

after(async () => {
  await rm(folder, { recursive: true, force: true });
});

/** An independent server, let go of with all of its sockets. */
class NodeServer implements AsyncDisposable {
  readonly url: string;
  readonly #server: Server;
  readonly #sockets: Set<Socket>;

  constructor(server: Server, sockets: Set<Socket>) {
    this.#server = server;
    this.#sockets = sockets;
    this.url = `tcp://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  static async listen(onSocket: (socket: Socket) => void): Promise<NodeServer> {
    const sockets = new Set<Socket>();
    const server = createServer({ allowHalfOpen: true }, (socket) => {
      sockets.add(socket);
      socket.on("error", () => {});
      onSocket(socket);
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    return new NodeServer(server, sockets);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => void this.#server.close(resolve));
  }
}

function patterned(byteCount: number): Buffer {
  return Buffer.from(Uint8Array.from({ length: byteCount }, (_, index) => index % 251));
}

describe("connect", () => {
  test("is byte-exact both ways when piped, through a relay to an echo", async () => {
    await using echo = (await listening("serve", "echo", `unix://${folder}/echo.sock`)).run;
    const target = `unix://${folder}/echo.sock`;
    const { run: relay, url } = await listening("relay", "tcp://:0", target, "--verbose");
    await using _relay = relay;
    const data = patterned(5_000_000);
    const ended = await new CliRun(["connect", url]).input(data).ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.ok(
      ended.stdout.equals(data),
      `${ended.stdout.length} of ${data.length} bytes came back`,
    );
    await relay.saw(/#1 closed: 5,000,000 B →, 5,000,000 B ← .*client side closed/);
    await relay.saw(
      /#1 server side: read 5000000, delivered 5000000; accepted 5000000, sent 5000000,/,
    );
    await echo.saw(/#1 closed: 5,000,000 B sent, 5,000,000 B received; closed by the peer\n/);
  });

  test("a relay says whether the driver carried the bytes by itself, unless told not to", async () => {
    const target = `unix://${folder}/carried.sock`;
    await using _echo = (await listening("serve", "echo", target)).run;
    const words = async (...options: string[]): Promise<string> => {
      const { run, url } = await listening("relay", "tcp://:0", target, "--verbose", ...options);
      await using relay = run;
      await new CliRun(["connect", url]).input(patterned(5000)).ended;
      await relay.saw(/#1 server side: .*accepted 5000, sent 5000/);
      relay.child.kill("SIGTERM");
      return (await relay.ended).stderr;
    };
    const said = /#1 by the native driver itself: 5,000 B →, 5,000 B ←\n/;
    assert.equal(said.test(await words()), chosenDriver().name === "native");
    assert.doesNotMatch(await words("--no-shortcut"), /by the native driver/);
  });

  test("half-closes at the end of input and waits for an answer that comes late", async () => {
    await using server = await NodeServer.listen((socket) => {
      socket.resume();
      socket.on("end", () => setTimeout(() => socket.end(patterned(1_000_000)), 100));
    });
    const { run: relay, url } = await listening("relay", "tcp://:0", server.url);
    await using _relay = relay;
    const ended = await new CliRun(["connect", url]).input("query").ended;
    assert.equal(ended.code, 0, ended.stderr);
    assert.ok(ended.stdout.equals(patterned(1_000_000)), `${ended.stdout.length} bytes came back`);
    assert.match(ended.stderr, /closed: 5 B sent, 1,000,000 B received; closed by us\n/);
  });

  test("loses no tail of its output to a reader that is slow to begin", async () => {
    await using server = await NodeServer.listen((socket) => socket.end(patterned(2_000_000)));
    await using run = new CliRun(["connect", server.url]).input();
    run.child.stdout.pause();
    await run.saw(/connected/);
    run.child.stdout.resume();
    const ended = await run.ended;
    assert.ok(ended.stdout.equals(patterned(2_000_000)), `${ended.stdout.length} bytes`);
    assert.equal(ended.code, 0);
  });

  test("ends quietly when nobody reads its output any more", async () => {
    await using serving = await listening("serve", "chargen", "tcp://:0").then(({ run, url }) =>
      Object.assign(run, { url }),
    );
    await using run = new CliRun(["connect", serving.url, "--quiet"]);
    await run.saw(/ !"#/, "stdout");
    run.child.stdout.destroy();
    const ended = await run.ended;
    assert.equal(ended.code, 0);
    assert.equal(ended.stderr, "");
  });

  const noFullDisk = existsSync("/dev/full") ? {} : { skip: "there is no /dev/full here" };
  test("says that the disk is full, and fails", noFullDisk, async () => {
    await using server = await NodeServer.listen((socket) => socket.end("more than nothing"));
    const full = openSync("/dev/full", "w");
    const run = new CliRun(["connect", server.url], { stdout: full });
    const ended = await run.ended;
    closeSync(full);
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /^overwall: Cannot write: ENOSPC/m);
    assert.doesNotMatch(ended.stderr, /^\s+at /m);
  });

  test("says that the peer cut it, and fails", async () => {
    await using server = await NodeServer.listen((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const run = new CliRun(["connect", server.url]);
    run.child.stdin.write("x");
    const ended = await run.ended;
    assert.equal(ended.code, 1);
    assert.match(ended.stderr, /closed: 1 B sent, 0 B received; cut by the peer/);
  });

  test("tells a limit that passed with exit code 124", async () => {
    await using server = await NodeServer.listen(() => {});
    const ended = await new CliRun(["connect", server.url, "--idle", "100ms"]).ended;
    assert.equal(ended.code, 124);
    assert.match(ended.stderr, /timed out/);
  });

  test("shows the bytes with --tap, in a form that cannot steer a terminal", async () => {
    await using echo = await listening("serve", "echo", "tcp://:0").then(({ run, url }) =>
      Object.assign(run, { url }),
    );
    const text = await new CliRun(["connect", echo.url, "--tap", "text"]).input("a\u001b[2J\n")
      .ended;
    assert.match(text.stderr, /^#1 → a\\x1b\[2J\\n$/m);
    assert.match(text.stderr, /^#1 ← a\\x1b\[2J\\n$/m);
    const hex = await new CliRun(["connect", echo.url, "--tap", "hex"]).input("hi\n").ended;
    assert.match(hex.stderr, /^#1 → 00000000 {2}68 69 0a .* hi\.$/m);
    assert.equal(hex.stdout.toString(), "hi\n");
  });
});

describe("relay", () => {
  test("tells what happened as events, with full ledgers", async () => {
    await using echo = (await listening("serve", "echo", `unix://${folder}/json.sock`)).run;
    const run = new CliRun(["relay", "tcp://:0", `unix://${folder}/json.sock`, "--json"]);
    await using _run = run;
    const [, url] = await run.saw(/"event":"listening","url":"([^"]+)"/, "stdout");
    const client = nodeClient(url ?? "");
    client.end("hello");
    client.resume();
    await run.saw(/"event":"closed".*\n/, "stdout");
    run.child.kill("SIGTERM");
    const ended = await run.ended;
    assert.equal(ended.stderr, "");
    const events = ended.stdout
      .toString()
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line));
    assert.deepEqual(
      events.map(({ event }: { event: string }) => event),
      ["listening", "opened", "closed"],
    );
    const [, , last] = events;
    assert.deepEqual(last.bytes, { leftToRight: 5, rightToLeft: 5 });
    assert.equal(last.endedBy, "client");
    assert.equal(last.reason, "closed by the peer");
    for (const side of [last.left, last.right]) {
      assert.equal(side.kind, "done");
      const { accepted, sent, unsent, dropped, received, delivered, undelivered } = side.ledger;
      assert.equal(accepted, sent + unsent + dropped);
      assert.equal(received, delivered + undelivered);
      assert.equal(sent, 5);
    }
    await echo.saw(/#1 closed/);
  });

  test("cuts a client whose second side cannot be connected, and says why", async () => {
    const { run, url } = await listening("relay", "tcp://:0", "tcp://127.0.0.1:1");
    await using _run = run;
    const client = nodeClient(url);
    const code = await new Promise<string | undefined>((resolve) => {
      client.on("error", (error: NodeJS.ErrnoException) => resolve(error.code));
      client.on("end", () => resolve("a plain end"));
    });
    assert.equal(code, "ECONNRESET");
    await run.saw(
      /#1 failed: tcp:\/\/127\.0\.0\.1:\d+: Cannot connect to tcp:\/\/127\.0\.0\.1:1: /,
    );
  });
});

describe("relay from standard input", () => {
  test("ends with the one connection, and its failure is the exit code", async () => {
    await using server = await NodeServer.listen((socket) => {
      socket.once("data", () => socket.resetAndDestroy());
    });
    const run = new CliRun(["relay", "stdio:", server.url]);
    run.child.stdin.write("x");
    const ended = await run.ended;
    assert.equal(ended.code, 1, ended.stderr);
    assert.match(ended.stderr, /#1 closed: .*server side cut by the peer/);
  });

  test("a limit that passed is 124, and a server that is not there is 1", async () => {
    await using server = await NodeServer.listen(() => {});
    const idle = await new CliRun(["relay", "stdio:", server.url, "--idle", "100ms"]).ended;
    assert.equal(idle.code, 124, idle.stderr);
    const refused = await new CliRun(["relay", "stdio:", "tcp://127.0.0.1:1"]).input().ended;
    assert.equal(refused.code, 1, refused.stderr);
    assert.match(refused.stderr, /#1 failed: .*nobody is listening there/);
  });
});

describe("signals", () => {
  test("SIGTERM lets a connection finish, and exits with 0", async () => {
    await using server = await NodeServer.listen((socket) => {
      socket.resume();
      socket.on("end", () => socket.end(patterned(300_000)));
    });
    const { run, url } = await listening("relay", "tcp://:0", server.url);
    await using _run = run;
    const client = nodeClient(url);
    await run.saw(/#1 opened/);
    run.child.kill("SIGTERM");
    await run.saw(/draining 1 connection;/);
    let received = 0;
    client.on("data", (data: Buffer) => (received += data.length));
    client.end("now");
    const ended = await run.ended;
    assert.equal(received, 300_000);
    assert.equal(ended.code, 0);
    assert.match(ended.stderr, /#1 closed: 3 B →, 300,000 B ←/);
    assert.doesNotMatch(ended.stderr, /was cut/);
  });

  test("whoever does not finish in time is cut and named", async () => {
    await using server = await NodeServer.listen(() => {});
    const { run, url } = await listening("relay", "tcp://:0", server.url, "--drain", "0.1");
    await using _run = run;
    const client = nodeClient(url).on("error", () => {});
    await run.saw(/#1 opened/);
    run.child.kill("SIGTERM");
    const ended = await run.ended;
    client.destroy();
    assert.equal(ended.code, 130);
    assert.match(ended.stderr, /#1 was cut: tcp:\/\/127\.0\.0\.1:\d+, after 0 B → and 0 B ←/);
  });

  test("a second signal cuts at once", async () => {
    await using server = await NodeServer.listen(() => {});
    const { run, url } = await listening("relay", "tcp://:0", server.url, "--drain", "1h");
    await using _run = run;
    const client = nodeClient(url).on("error", () => {});
    await run.saw(/#1 opened/);
    run.child.kill("SIGINT");
    await run.saw(/draining/);
    run.child.kill("SIGINT");
    const ended = await run.ended;
    client.destroy();
    assert.equal(ended.code, 130);
    assert.match(ended.stderr, /#1 was cut/);
  });

  test("SIGINT with nobody there exits with 130 at once", async () => {
    const { run } = await listening("serve", "echo", "tcp://:0", `unix://${folder}/int.sock`);
    await using _run = run;
    await run.saw(/listening on unix\S+, serving echo/);
    run.child.kill("SIGINT");
    assert.equal((await run.ended).code, 130);
  });
});

describe("serve", () => {
  test("chat: members on different wires hear each other, without escape codes", async () => {
    const { run, url } = await listening("serve", "chat", "tcp://:0", `unix://${folder}/chat.sock`);
    await using _run = run;
    await using alice = new CliRun(["connect", url]);
    await alice.saw(/you are tcp-1/, "stdout");
    await using bob = new CliRun(["connect", `unix://${folder}/chat.sock`]);
    await alice.saw(/\* unix-2 came/, "stdout");
    bob.child.stdin.write("hi \u001b[31mall\n");
    await alice.saw(/^unix-2: hi \[31mall$/m, "stdout");
    alice.child.stdin.end("bye\n");
    await bob.saw(/^tcp-1: bye$/m, "stdout");
    await bob.saw(/\* tcp-1 left/, "stdout");
    bob.child.stdin.end();
    assert.equal((await bob.ended).code, 0);
  });

  const UP = "const up = (data) => Buffer.from(Buffer.from(data).toString().toUpperCase());";
  const modules: readonly (readonly [string, string])[] = [
    [
      "a class",
      `export default class {
         connectionMade(transport) { this.transport = transport; }
         dataReceived(data) { this.transport.write(up(data)); }
         connectionLost() {}
       }`,
    ],
    [
      "a protocol factory",
      `export default (peer) => { let transport; return {
         connectionMade: (made) => { transport = made; },
         dataReceived: (data) => transport.write(up(data)),
         connectionLost: () => {} }; };`,
    ],
    [
      "a handler",
      `export default async (peer) => {
         for await (const data of peer) await peer.send(up(data));
       };`,
    ],
  ];
  for (const [what, source] of modules) {
    test(`a module that exports ${what}`, async () => {
      const path = joinPath(folder, `${what.replaceAll(" ", "-")}.mjs`);
      await writeFile(path, `${UP}\n${source}`);
      const { run, url } = await listening("serve", path, "tcp://:0");
      await using _run = run;
      const ended = await new CliRun(["connect", url]).input("shout").ended;
      assert.equal(ended.stdout.toString(), "SHOUT", run.stderr);
      assert.equal(ended.code, 0);
    });
  }

  test("a handler that throws cuts its peer, and the server goes on", async () => {
    const path = joinPath(folder, "throws.mjs");
    await writeFile(path, `export default async () => { throw new Error("no luck"); };`);
    const { run, url } = await listening("serve", path, "tcp://:0");
    await using _run = run;
    for (let count = 0; count < 2; count++) {
      const run = new CliRun(["connect", url]);
      assert.equal((await run.ended).code, 1, run.stderr);
    }
    await run.saw(/#2 failed: tcp:\S+ no luck/);
  });
});
