import type { ClientEndpoint, Endpoint } from "../contract/index.ts";
import { formatAddress } from "../contract/index.ts";
import { endpoint, parse } from "../endpoints/index.ts";
import type { JoinReport, Relay, RelayEvents, RelayedConnection, Taps } from "../join/index.ts";
import { relay } from "../join/index.ts";
import { UNHEARD_GRACE_MS } from "../join/joint.ts";
import type { Drained } from "./drain.ts";
import { drain } from "./drain.ts";
import { EXIT, exitCodeOf, exitCodeOfReason } from "./exit-code.ts";
import { tellErrors } from "./homeless-errors.ts";
import type { Listened } from "./listening.ts";
import { asAsked, reloadOnHangup } from "./listening.ts";
import type { TrafficOptions } from "./options.ts";
import { halfOpenIdleOf, limitsOf } from "./options.ts";
import { showProgress } from "./progress.ts";
import { refuseMemoryAlone, servesOne } from "./reachable.ts";
import { factsOf } from "./reason-facts.ts";
import { describeClosed, endedBy } from "./relay-words.ts";
import type { Reporter } from "./reporter.ts";
import { schemesOfCommand } from "./schemes-of-command.ts";
import { listenOnAll } from "./several-ports.ts";
import { aborted, Stopper } from "./stopper.ts";
import { tap } from "./tap.ts";
import { bytesOf, codeOf, ledgerWords, messageOf } from "./wording.ts";

export interface RelayCommandOptions extends TrafficOptions {
  /** Whether the native driver may carry bytes by itself. */
  readonly shortcut?: boolean;
}

/** `overwall relay LISTEN CONNECT` */
export async function run(
  reporter: Reporter,
  listen: string,
  target: string,
  options: RelayCommandOptions,
): Promise<void> {
  for (const spec of [listen, target]) parse(spec);
  const onto = await endpoint(target, schemesOfCommand());
  await relayOnto(reporter, { urls: [listen], target, onto, what: "relay from" }, options);
}

/** What is relayed, and how that is called. */
export interface RelayJob {
  /** Where to listen. */
  readonly urls: readonly string[];
  readonly target: string;
  readonly onto: ClientEndpoint<never>;
  /** Continues "Cannot …" in front of the URLs. */
  readonly what: string;
}

/** Joins every connection to one of the URLs with a new one to the target, until it is stopped. */
export async function relayOnto(
  reporter: Reporter,
  { urls, target, onto, what }: RelayJob,
  options: RelayCommandOptions,
): Promise<void> {
  const isOne = urls.every(servesOne);
  refuseMemoryAlone(what, urls);
  using stopper = new Stopper();
  const halfOpenIdleMs = halfOpenIdleOf([...urls, target], options);
  const total = { out: 0, back: 0 };
  let isHeard = true;
  const made = await Promise.all(urls.map((url) => endpoint(url, schemesOfCommand())));
  const listened: Listened[] = [];
  const from = listenOnAll(made, (port, index) => {
    const url = asAsked(urls[index] as string, port.getHost());
    listened.push({ url, endpoint: made[index] as Endpoint });
    reporter.tell(
      { event: "listening", url, address: port.getHost(), target },
      `listening on ${url}, relaying to ${target}`,
    );
  });
  const working = await relay(from, onto as ClientEndpoint, {
    signal: stopper.draining,
    limits: limitsOf(options),
    maxConnections: options.maxConnections,
    ...(halfOpenIdleMs === undefined ? {} : { halfOpenIdleMs }),
    onError: tellErrors(reporter),
    // A tap is shown every byte.
    shortcut: options.tap === undefined && (options.shortcut ?? true),
    events: eventsOf(reporter, total, isOne),
    taps: tapsOf(reporter, options, (isReaderGone) => (isHeard = !isReaderGone)),
  });
  using _reload = reloadOnHangup(reporter, listened, () => stopper.releaseHangup());
  using _progress =
    options.progress === true ? showProgress(reporter, () => traffic(working, total)) : null;
  const failure = await Promise.race([working.closed, aborted(stopper.draining).then(() => null)]);
  if (isOne && failure === null) {
    // A child was told by its pipe; it ends when it is done.
    const graceMs = isHeard || target.startsWith("process:") ? Infinity : UNHEARD_GRACE_MS;
    await Promise.race([working.close({ graceMs }), aborted(stopper.draining)]);
  }
  await drain(reporter, stopper, options.drain, drainedBy(reporter, working));
  if (failure !== null) throw failure;
}

function eventsOf(
  reporter: Reporter,
  total: { out: number; back: number },
  isOne: boolean,
): RelayEvents {
  return {
    opened: ({ serial, client, target, shortcutBytes }) => {
      const shortcut = shortcutBytes !== undefined;
      const onto = target === undefined ? "?" : formatAddress(target);
      reporter.tell(
        { event: "opened", id: serial, client, target, shortcut },
        reporter.faint(`#${serial} opened: ${formatAddress(client)} → ${onto}`),
      );
      if (shortcut) reporter.detail(`#${serial} may be carried by the native driver itself`);
    },
    closed: (connection, report) => {
      if (isOne) process.exitCode = exitCodeOfJoin(report);
      total.out += report.bytes.leftToRight;
      total.back += report.bytes.rightToLeft;
      tellClosed(reporter, connection, report);
    },
    failed: ({ serial, client }, error) => {
      if (isOne) process.exitCode = exitCodeOf(error);
      reporter.fault(
        { event: "failed", id: serial, client, message: messageOf(error), ...codeOf(error) },
        `#${serial} failed: ${formatAddress(client)}: ${messageOf(error)}`,
      );
    },
  };
}

/** The shell is told of the side that failed, if one did; a cut of ours only follows that. */
function exitCodeOfJoin({ left, right, tookNoMore }: JoinReport): number {
  const isReaderGone = tookNoMore === "left" || tookNoMore === "both";
  if (isReaderGone && left.kind === "done" && right.by === "us") return EXIT.done;
  const codes = [right, left].filter(({ kind }) => kind !== "aborted").map(exitCodeOfReason);
  return codes.find((code) => code !== EXIT.done) ?? EXIT.done;
}

function tellClosed(reporter: Reporter, connection: RelayedConnection, report: JoinReport): void {
  const { serial, client, target } = connection;
  const { left, right, ...rest } = report;
  reporter.tell(
    {
      event: "closed",
      id: serial,
      client,
      target,
      endedBy: endedBy(report),
      reason: factsOf(report[report.endedFirst]).reason,
      ...rest,
      left: factsOf(left),
      right: factsOf(right),
    },
    `#${serial} closed: ${describeClosed(report)}`,
  );
  reporter.detail(`#${serial} client side: ${ledgerWords(left.ledger)}`);
  reporter.detail(`#${serial} server side: ${ledgerWords(right.ledger)}`);
  if (rest.shortcutBytes === undefined) return;
  const { leftToRight, rightToLeft } = rest.shortcutBytes;
  const words = `${bytesOf(leftToRight)} →, ${bytesOf(rightToLeft)} ←`;
  reporter.detail(`#${serial} by the native driver itself: ${words}`);
}

function drainedBy(reporter: Reporter, working: Relay): Drained<RelayedConnection> {
  return {
    waiting: working.connections.length,
    close: async (graceMs) => (await working.close({ graceMs })).cut,
    tellCut: ({ serial, client, bytes }) => {
      const far = `${bytesOf(bytes.leftToRight)} → and ${bytesOf(bytes.rightToLeft)} ←`;
      reporter.tell(
        { event: "cut", id: serial, client, bytes },
        `#${serial} was cut: ${formatAddress(client)}, after ${far}`,
      );
    },
  };
}

/**
 * Shows the bytes, where that was asked for, and tells when a client's side is over, and whether
 * that was because nobody reads what we print any more, which is no failure: `| head`.
 */
function tapsOf(
  reporter: Reporter,
  { tap: form }: TrafficOptions,
  ended: (isReaderGone: boolean) => void,
): (connection: RelayedConnection) => Taps {
  const arrows = { in: "→", out: "←" };
  return (connection) => ({
    left: {
      ...(form === undefined ? {} : tap(reporter, `#${connection.serial}`, form, arrows)),
      ended: ({ kind }) => ended(kind === "done" && connection.isReaderGone),
    },
  });
}

function traffic(
  working: Relay,
  total: { readonly out: number; readonly back: number },
): {
  readonly connections: number;
  readonly bytesOut: number;
  readonly bytesBack: number;
} {
  let { out, back } = total;
  for (const { bytes } of working.connections) {
    out += bytes.leftToRight;
    back += bytes.rightToLeft;
  }
  return { connections: working.connections.length, bytesOut: out, bytesBack: back };
}
