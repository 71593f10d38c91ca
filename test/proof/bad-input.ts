import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import type { Transport } from "../../src/contract/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { Program, runToEnd } from "../interop/program.ts";
import { OVERWALL } from "../interop/relay-command.ts";
import { Scratch } from "../interop/scratch.ts";
import { listen } from "../interop/socket-address.ts";
import { Actor } from "./reasons/actor.ts";
import { meet, WIRES } from "./reasons/meeting.ts";

export const title = "Bad input is answered by one clear message and the documented exit code";

const TARGET = "tcp://127.0.0.1:9";
const USAGE = 2;
const FAILED = 1;

interface BadInput {
  readonly name: string;
  readonly args: readonly string[];
  readonly status: number;
  /** What the message must say. */
  readonly says: RegExp;
  /** What it must not. */
  readonly hides?: RegExp;
  /** With `--debug` a stack is shown. */
  readonly hasStack?: true;
}

export async function prove(report: ProofReport): Promise<void> {
  using scratch = new Scratch();
  const server = createServer();
  const taken = await listen(server, { host: "127.0.0.1", port: 0 });
  assert.ok("port" in taken);
  try {
    for (const input of inputs(scratch, taken.port)) {
      await assertAnswered(input);
      report.log(`answered: ${input.name}`);
    }
    report.count("commands with bad input", inputs(scratch, taken.port).length);
  } finally {
    server.close();
  }
  report.count("wires that refuse what is not bytes", await assertBytesOnly());
  await assertServedTextIsTold(scratch);
  report.count("a user's module that writes text", 1);
}

function inputs(scratch: Scratch, takenPort: number): readonly BadInput[] {
  const free = "tcp://127.0.0.1:0";
  const usage = (name: string, args: readonly string[], says: RegExp): BadInput => ({
    name,
    args,
    status: USAGE,
    says,
  });
  const relay = (from: string): string[] => ["relay", from, TARGET];
  const missing = `unix://${scratch.path("missing/socket")}`;
  const inUse = `tcp://127.0.0.1:${takenPort}`;
  const password = "tcp://someone:secret@127.0.0.1:0";
  return [
    usage("a malformed URL", relay("tcp:/127.0.0.1:80"), CARET),
    usage("a port that is none", relay("tcp://127.0.0.1:99999"), /port from 0 to 65535[\s\S]*\^/),
    usage("an unknown scheme", relay("tpc://127.0.0.1:80"), /did you mean "tcp"[\s\S]*\^/),
    usage("a malformed second URL", ["relay", free, "unix"], CARET),
    usage("an unknown URL option", relay(`${free}?nodelai=1`), /did you mean "noDelay"[\s\S]*\^/),
    { ...usage("a password in a URL", relay(password), /password/), hides: /secret/ },
    usage("an unknown option", ["relay", "--nope", free, TARGET], /unknown option '--nope'/),
    usage("a limit that is no time", ["relay", "--idle", "soon", free, TARGET], /--idle/),
    usage("a missing argument", ["relay", free], /missing required argument/),
    usage("an unknown command", ["rely", free, TARGET], /Did you mean relay/),
    usage("an unknown protocol", ["serve", "ecko", free], /echo/),
    usage("nothing to conform", ["conform"], /--through/),
    { name: "a port in use", args: relay(inUse), status: FAILED, says: /listens there already/ },
    {
      name: "a missing directory",
      args: relay(missing),
      status: FAILED,
      says: /directory does not/,
    },
    {
      name: "nobody there",
      args: ["connect", `unix://${scratch.path("nobody")}`],
      status: FAILED,
      says: /Cannot connect/,
    },
    {
      name: "a port in use, with --debug",
      args: [...relay(inUse), "--debug"],
      status: FAILED,
      says: /listens there already/,
      hasStack: true,
    },
  ];
}

/** The place of the fault is pointed at. */
const CARET = /Cannot read the endpoint: .*\n.*\n *\^/;

async function assertAnswered(input: BadInput): Promise<void> {
  const { name, args, says, hides, hasStack = false } = input;
  const { status, stdout, stderr } = await runToEnd(process.execPath, [OVERWALL, ...args]);
  assert.equal(status, input.status, `${name}: exit code\n${stderr}`);
  assert.equal(stdout, "", name);
  assertOneMessage(stderr, hasStack, name);
  assert.match(stderr, says, name);
  if (hides !== undefined) assert.doesNotMatch(stderr, hides, name);
}

function assertOneMessage(stderr: string, hasStack: boolean, name: string): void {
  const begins = stderr.split("\n").filter((line) => line.startsWith("overwall: "));
  assert.equal(begins.length, 1, `${name}: ${begins.length} messages\n${stderr}`);
  assert.ok(stderr.startsWith("overwall: "), `${name}: something else comes first\n${stderr}`);
  assert.equal(/^ +at /m.test(stderr), hasStack, `${name}: stack\n${stderr}`);
}

/**
 * What is not a `Uint8Array` is refused at the call, and the connection goes on as if nothing was.
 */
async function assertBytesOnly(): Promise<number> {
  for (const wire of WIRES) {
    const near = new Actor({ made: ({ transport }) => writeWrongly(transport) });
    const far = new Actor({ data: (actor) => actor.close() });
    await meet(wire, { near, far }, {}, async () => {
      near.write(3);
      assert.equal((await far.lost).ledger.delivered, 3, wire);
      const { kind, ledger } = await near.lost;
      assert.deepEqual([kind, ledger.accepted, ledger.dropped], ["done", 3, 0], wire);
    });
  }
  return WIRES.length;
}

function writeWrongly(transport: Transport): void {
  const write = transport.write.bind(transport) as (data: unknown) => void;
  const writeSequence = transport.writeSequence.bind(transport) as (data: unknown) => void;
  for (const wrong of ["text", 7, null, undefined, [1, 2], new ArrayBuffer(3), {}]) {
    assert.throws(() => write(wrong), { name: "TypeError", message: /Uint8Array/ });
    assert.throws(() => writeSequence([new Uint8Array(1), wrong]), {
      name: "TypeError",
      message: /Uint8Array/,
    });
  }
}

/** A user's module writes text: its own connection ends, the server says why and serves on. */
async function assertServedTextIsTold(scratch: Scratch): Promise<void> {
  const path = scratch.path("texting.mjs");
  writeFileSync(path, TEXTING_MODULE);
  const place = `unix://${scratch.path("texting")}`;
  await using server = new Program(process.execPath, [OVERWALL, "serve", path, place]);
  await server.until(({ stderr }) => stderr.includes("serving") || undefined);
  for (let attempt = 1; attempt <= 2; attempt++) {
    await runToEnd(process.execPath, [OVERWALL, "connect", place]);
    await server.until(
      ({ stderr }) => stderr.split("takes Uint8Array").length > attempt || undefined,
    );
  }
  const { status, stderr } = await server.stop("SIGTERM");
  assert.equal(status, 0);
  assert.doesNotMatch(stderr, /^ +at /m);
}

const TEXTING_MODULE = `export default () => ({
  connectionMade(transport) { transport.write("hello"); },
  dataReceived() {},
  connectionLost() {},
});
`;
