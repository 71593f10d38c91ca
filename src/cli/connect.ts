import { fstatSync } from "node:fs";
import type { Address, CloseReason, Observer, Transport } from "../contract/index.ts";
import { formatAddress } from "../contract/index.ts";
import { endpoint } from "../endpoints/index.ts";
import { observe } from "../flow/index.ts";
import { tellDraining } from "./drain.ts";
import { EXIT, exitCodeOfReason, UsageError } from "./exit-code.ts";
import { asAsked } from "./listening.ts";
import type { TrafficOptions } from "./options.ts";
import {
  HALF_OPEN_IDLE_MS,
  halfOpenIdleOf,
  isTerminal,
  limitsOf,
  ownEndIdleOf,
} from "./options.ts";
import { showProgress } from "./progress.ts";
import { RawTerminal } from "./raw-terminal.ts";
import { factsOf } from "./reason-facts.ts";
import type { Reporter } from "./reporter.ts";
import { schemesOfCommand } from "./schemes-of-command.ts";
import { StandardStreams } from "./standard-streams.ts";
import { aborted, Stopper } from "./stopper.ts";
import { tap } from "./tap.ts";
import { tellTls } from "./tls-info.ts";
import { carriedWords, ledgerWords, reasonWords, secondsOf } from "./wording.ts";

export interface ConnectOptions extends TrafficOptions {
  readonly tlsInfo?: boolean;
  /** Keys as they are pressed, or lines. Default: keys, from a terminal to a terminal. */
  readonly raw?: boolean;
}

/** `overwall connect URL` */
export async function run(reporter: Reporter, url: string, options: ConnectOptions): Promise<void> {
  refuseFolder();
  using terminal = new RawTerminal();
  if (options.raw === true && !terminal.isInput) {
    throw new UsageError("Cannot read single keys (--raw): standard input is no terminal");
  }
  const isRaw = options.raw ?? (terminal.isWhole && isTerminal(url));
  const target = await endpoint(url, schemesOfCommand(terminal.size));
  using stopper = new Stopper();
  reporter.watch(process.stdout);
  const streams: StandardStreams = new StandardStreams({
    peerEnded: () => reporter.say("the peer has ended; what standard input gives is still sent"),
    typed: (chunk) => {
      if (!terminal.asksToLeave(chunk)) return;
      terminal[Symbol.dispose]();
      streams.close();
    },
    over: () => terminal[Symbol.dispose](),
    isRaw,
    ownEndIdleMs: ownEndIdleOf(url, options),
  });
  let seen: Seen | undefined;
  const observer: Observer = {
    opened: ({ host, peer }) => {
      seen = { host, peer };
      reporter.tell(
        { event: "opened", id: 1, host, peer },
        reporter.faint(`connected to ${asAsked(url, peer)}`),
      );
    },
  };
  try {
    await target.connect(streams, {
      signal: stopper.draining,
      observer,
      limits: {
        ...limitsOf(options),
        halfOpenIdleMs: halfOpenIdleOf([url], options) ?? HALF_OPEN_IDLE_MS,
      },
    });
  } catch (error) {
    if (!stopper.draining.aborted) throw error;
    process.exitCode = EXIT.interrupted;
    return;
  }
  const { transport } = streams;
  if (options.tlsInfo === true && transport !== undefined) tellTls(reporter, transport);
  using _watch = watch(reporter, streams, options);
  if (transport !== undefined) terminal.follow(transport);
  if (isRaw) {
    const leave = "Ctrl-] three times within a second leaves";
    terminal.takeKeys(() => reporter.say(`every key goes to the far side; ${leave}`));
  }
  void aborted(stopper.draining).then(() => terminal[Symbol.dispose]());
  stopWith(reporter, stopper, streams, options.drain);
  const reason = await streams.finished;
  if (streams.wasSilent) tellSilent(reporter, ownEndIdleOf(url, options));
  tellClosed(reporter, reason, seen);
  if (streams.inputError !== undefined) throw streams.inputError;
  process.exitCode = exitCodeFor(reason, streams, stopper);
  if (reason.kind === "done" && streams.isInputLeft && seen !== undefined)
    tellInputLeft(reporter, seen.peer);
}

/** A program that leaves its input says what that means by its exit; nobody else does. */
function tellInputLeft(reporter: Reporter, peer: Address): void {
  if (peer.kind === "process") return;
  const hint = peer.kind === "file" ? "; to write the file say ?write or ?append" : "";
  const message = `Cannot send standard input: ${formatAddress(peer)} took nothing of it${hint}`;
  reporter.fault({ event: "error", message }, message);
  process.exitCode ||= EXIT.failed;
}

/** Node gives a folder as an input that is over at once, so that its fault would go unseen. */
function refuseFolder(): void {
  if (!fstatSync(0).isDirectory()) return;
  throw new Error("Cannot read standard input: it is a directory");
}

interface Seen {
  readonly host: Address;
  readonly peer: Address;
}

/** The first signal closes in order, the second one, or the end of the drain, cuts. */
function stopWith(
  reporter: Reporter,
  stopper: Stopper,
  streams: StandardStreams,
  drainMs: number,
): void {
  void aborted(stopper.draining).then(() => {
    tellDraining(reporter, 1, drainMs);
    streams.close();
    if (drainMs !== Infinity) setTimeout(() => streams.abort(), drainMs).unref();
  });
  void aborted(stopper.now).then(() => streams.abort());
}

function tellSilent(reporter: Reporter, afterMs: number): void {
  reporter.tell(
    { event: "silent", id: 1, afterMs },
    `the peer was silent for ${secondsOf(afterMs)} after the end of input (--half-open-idle)`,
  );
}

function tellClosed(reporter: Reporter, reason: CloseReason, seen: Seen | undefined): void {
  const { received, sent } = reason.ledger;
  const { reason: why, ...facts } = factsOf(reason);
  reporter.tell(
    {
      event: "closed",
      id: 1,
      ...seen,
      bytes: { out: sent, in: received },
      endedBy: reason.by,
      reason: why,
      ...facts,
    },
    `closed: ${carriedWords(reason.ledger)}; ${reasonWords(reason)}`,
  );
  reporter.detail(ledgerWords(reason.ledger));
}

function exitCodeFor(reason: CloseReason, streams: StandardStreams, stopper: Stopper): number {
  if (stopper.signal === "SIGINT") return EXIT.interrupted;
  if (streams.wasSilent) return EXIT.timeout;
  const { outputError } = streams;
  if (outputError !== undefined) return outputError.code === "EPIPE" ? EXIT.done : EXIT.failed;
  if (reason.kind === "done") return EXIT.done;
  if (stopper.signal !== undefined) return EXIT.interrupted;
  return exitCodeOfReason(reason);
}

function watch(reporter: Reporter, streams: StandardStreams, options: TrafficOptions): Disposable {
  const { transport } = streams;
  if (transport === undefined) return { [Symbol.dispose]: () => {} };
  const { tap: form } = options;
  if (form !== undefined) observe(transport, tap(reporter, "#1", form, { in: "←", out: "→" }));
  if (options.progress !== true) return { [Symbol.dispose]: () => {} };
  return showProgress(reporter, () => trafficOf(transport));
}

function trafficOf({ ledger }: Transport): {
  connections: number;
  bytesOut: number;
  bytesBack: number;
} {
  return { connections: 1, bytesOut: ledger.sent, bytesBack: ledger.received };
}
