import type { ChildProcess } from "node:child_process";
import type { Endpoint } from "../../../contract/index.ts";
import { relay } from "../../../join/index.ts";
import { tcp } from "../../../wires/tcp/index.ts";
import { messageOf } from "../../wording.ts";
import { readAndChat } from "../controls/chatty-peer.ts";
import { serveAndDestroySoon } from "../controls/destroy-soon.ts";
import type { Got } from "../controls/late-reply.ts";
import { answerLate, askAndEnd } from "../controls/late-reply.ts";
import { pipeNaively } from "../controls/naive-pipe.ts";
import { relayBySocat } from "../controls/socat.ts";
import type { SocketPlace } from "../controls/socket-place.ts";
import { ANY_PORT } from "../controls/socket-place.ts";
import { FINISHED, PLAINLY, readChild, WRITTEN_BYTES } from "../controls/write-and-exit.ts";
import { shortened, WIDTH } from "../screen.ts";
import type { Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";
import { REPLY_AFTER_MS, REPLY_BYTES, replyBytes } from "./late-reply.ts";

const PAYLOAD_BYTES = 8 * 1024 * 1024;
const PATIENCE_MS = 15_000;

/** One tool tried by one rule. */
interface Trial {
  readonly rule: string;
  readonly tool: string;
  /** Whether it is ours: then it has to hold. */
  readonly isOurs: boolean;
  readonly of: number;
  readonly run: (use: Use) => Promise<Tried>;
}

interface Tried {
  readonly bytes: number;
  /** How it looked to whoever lost them. */
  readonly seen: string;
  /** Why it was not tried. */
  readonly skipped?: string;
}

/** Notes a child that has to be gone when the act is over. */
type Use = (child: ChildProcess) => void;

const LATE = `late reply after EOF`;
const CHATTY = "last byte, chatty peer";
const EXIT = "write, then exit";

const TRIALS: readonly Trial[] = [
  { rule: LATE, tool: "node a.pipe(b)", isOurs: false, of: REPLY_BYTES, run: throughNaivePipe },
  { rule: LATE, tool: "socat", isOurs: false, of: REPLY_BYTES, run: throughSocat },
  { rule: LATE, tool: "overwall relay", isOurs: true, of: REPLY_BYTES, run: throughOurRelay },
  {
    rule: CHATTY,
    tool: "node destroySoon()",
    isOurs: false,
    of: PAYLOAD_BYTES,
    run: fromDestroySoon,
  },
  { rule: CHATTY, tool: "overwall", isOurs: true, of: PAYLOAD_BYTES, run: fromLoseConnection },
  {
    rule: EXIT,
    tool: "node process.exit",
    isOurs: false,
    of: WRITTEN_BYTES,
    run: (use) => fromChild(PLAINLY, use),
  },
  {
    rule: EXIT,
    tool: "overwall stdio",
    isOurs: true,
    of: WRITTEN_BYTES,
    run: (use) => fromChild(FINISHED, use),
  },
];

/** The same rules, tried on what is used today, on this machine. */
export async function tryTodaysTools(tour: Tour): Promise<void> {
  const { screen, signal } = tour;
  screen.heading("The same rules, today's tools, this machine:");
  const children: ChildProcess[] = [];
  const use: Use = (child) => void children.push(child);
  const endChildren = (): void => {
    for (const child of children) child.kill("SIGKILL");
  };
  signal.addEventListener("abort", endChildren, { once: true });
  try {
    const tries = TRIALS.map(({ run }) => patiently(run(use)));
    for (const [index, trial] of TRIALS.entries()) {
      show(tour, trial, await (tries[index] as Promise<Tried>), TRIALS[index - 1]?.rule);
    }
  } finally {
    signal.removeEventListener("abort", endChildren);
    endChildren();
  }
}

function show(tour: Tour, trial: Trial, tried: Tried, ruleBefore: string | undefined): void {
  const { screen, verdict } = tour;
  const { isOurs, of, rule, tool } = trial;
  const { bytes, seen, skipped } = tried;
  const holds = bytes === of;
  if (isOurs) verdict.check(holds, null, `${rule}: ${bytes} of ${of} bytes`);
  screen.tell({ event: "tool", rule, tool, ours: isOurs, bytes, of, seen, skipped });
  const title = (rule === ruleBefore ? "" : rule).padEnd(23);
  const head = `  ${title}${tool.padEnd(19)}`;
  if (skipped !== undefined) {
    screen.line(screen.faint(shortened(`${head}${MARK.absent} ${skipped}`, WIDTH)));
    return;
  }
  const count = bytes.toLocaleString("en-US");
  const words = holds ? `${count} bytes` : `${count} of ${of.toLocaleString("en-US")}, ${seen}`;
  const cut = shortened(words, WIDTH - head.length - 2);
  screen.line(
    `${head}${holds ? screen.good(`${MARK.held} ${cut}`) : screen.bad(`${MARK.broken} ${cut}`)}`,
  );
}

/** A tool may hang for ever; then what it lost is unknown, and it is told so. */
async function patiently(tried: Promise<Tried>): Promise<Tried> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Tried>((resolve) => {
    const words = `no end within ${PATIENCE_MS / 1000} s`;
    timer = setTimeout(() => resolve({ bytes: 0, seen: words }), PATIENCE_MS);
  });
  try {
    return await Promise.race([
      tried.catch((error: unknown) => ({ bytes: 0, seen: messageOf(error) })),
      late,
    ]);
  } finally {
    clearTimeout(timer);
  }
}

async function throughNaivePipe(): Promise<Tried> {
  await using server = await answerLate(replyBytes(), REPLY_AFTER_MS);
  await using pipe = await pipeNaively(ANY_PORT, server.at);
  return seenBy(await askAndEnd(pipe.at));
}

async function throughSocat(use: Use): Promise<Tried> {
  await using server = await answerLate(replyBytes(), REPLY_AFTER_MS);
  const at = await relayBySocat(server.at, use);
  if (at === null) return { bytes: 0, seen: "", skipped: "skipped: socat is not installed" };
  return seenBy(await askAndEnd(at));
}

async function throughOurRelay(): Promise<Tried> {
  await using server = await answerLate(replyBytes(), REPLY_AFTER_MS);
  const ours = await relay(endpointAt(ANY_PORT), endpointAt(server.at));
  try {
    return seenBy(await askAndEnd(placeOf(ours)));
  } finally {
    await ours.close({ graceMs: 1000 });
  }
}

async function fromDestroySoon(): Promise<Tried> {
  await using server = await serveAndDestroySoon(ANY_PORT, new Uint8Array(PAYLOAD_BYTES));
  return seenBy(await readAndChat(server.at));
}

async function fromLoseConnection(): Promise<Tried> {
  await using port = await endpointAt(ANY_PORT).listen(() => ({
    connectionMade: (transport) => {
      transport.write(new Uint8Array(PAYLOAD_BYTES));
      transport.loseConnection();
    },
    dataReceived: () => {},
    connectionLost: () => {},
  }));
  return seenBy(await readAndChat(placeOf(port)));
}

async function fromChild(args: readonly string[], use: Use): Promise<Tried> {
  const { bytes, exitCode } = await readChild(args, use);
  return { bytes, seen: `exit ${exitCode}` };
}

function seenBy({ bytes, error }: Got): Tried {
  return { bytes, seen: error ?? "no error" };
}

function endpointAt(at: SocketPlace): Endpoint {
  if ("path" in at) throw new TypeError("not a port");
  const endpoint: unknown = tcp(at);
  return endpoint as Endpoint;
}

function placeOf(port: {
  getHost(): ReturnType<Awaited<ReturnType<Endpoint["listen"]>>["getHost"]>;
}): SocketPlace {
  const host = port.getHost();
  if (host.kind !== "tcp") throw new TypeError("not a port");
  return { host: host.host, port: host.port };
}
