import { constants } from "node:os";
import { formatAddress } from "../contract/index.ts";
import { endpoint, parse, schemes } from "../endpoints/index.ts";
import type { JoinReport, Relay, RelayEvents, RelayedConnection } from "../join/index.ts";
import { relay } from "../join/index.ts";
import type { Drained } from "./drain.ts";
import { drain } from "./drain.ts";
import { exitCodeOf } from "./exit-code.ts";
import { tellErrors } from "./homeless-errors.ts";
import { boundUrl, reloadOnHangup } from "./listening.ts";
import type { TrafficOptions } from "./options.ts";
import { limitsOf } from "./options.ts";
import { showProgress } from "./progress.ts";
import { refuseMemoryAlone } from "./reachable.ts";
import { factsOf } from "./reason-facts.ts";
import { describeClosed, endedBy } from "./relay-words.ts";
import type { Reporter } from "./reporter.ts";
import { aborted, Stopper } from "./stopper.ts";
import { tap } from "./tap.ts";
import { bytesOf, codeOf, ledgerWords, messageOf } from "./wording.ts";

/** `overwall relay LISTEN CONNECT` */
export async function run(
  reporter: Reporter,
  listen: string,
  target: string,
  options: TrafficOptions,
): Promise<void> {
  for (const spec of [listen, target]) parse(spec);
  const isOne = servesOne(listen);
  refuseMemoryAlone("relay from", [listen]);
  using stopper = new Stopper();
  const total = { out: 0, back: 0 };
  const made = await endpoint(listen);
  const working = await relay(made, await endpoint(target), {
    signal: stopper.draining,
    limits: limitsOf(options),
    maxConnections: options.maxConnections,
    ...(options.halfOpenIdle === undefined ? {} : { halfOpenIdleMs: options.halfOpenIdle }),
    onError: tellErrors(reporter),
    events: eventsOf(reporter, total, isOne),
    ...tapsOf(reporter, options),
  });
  const at = boundUrl(listen, working.getHost());
  reporter.tell(
    { event: "listening", url: at, address: working.getHost(), target },
    `listening on ${at}, relaying to ${target}`,
  );
  const listened = [{ url: at, endpoint: made }];
  using _reload = reloadOnHangup(reporter, listened, () => stopper.releaseHangup());
  using _progress =
    options.progress === true ? showProgress(reporter, () => traffic(working, total)) : null;
  const failure = await Promise.race([working.closed, aborted(stopper.draining).then(() => null)]);
  if (isOne && failure === null) await lastOne(working, stopper);
  await drain(reporter, stopper, options.drain, drainedBy(reporter, working));
  if (failure !== null) throw failure;
}

function eventsOf(
  reporter: Reporter,
  total: { out: number; back: number },
  isOne: boolean,
): RelayEvents {
  return {
    opened: ({ serial, client, target }) => {
      const onto = target === undefined ? "?" : formatAddress(target);
      reporter.tell(
        { event: "opened", id: serial, client, target },
        reporter.faint(`#${serial} opened: ${formatAddress(client)} → ${onto}`),
      );
    },
    closed: (connection, report) => {
      if (isOne) passStatusOn(report);
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

/** Whether LISTEN is one connection, and the command is over with it. */
function servesOne(listen: string): boolean {
  const { layers } = parse(listen);
  return schemes().some(
    ({ name, servesOne: one }) => name === layers.at(-1)?.scheme && one === true,
  );
}

/** Waits for the other side of the only connection, too. */
async function lastOne(working: Relay, stopper: Stopper): Promise<void> {
  await Promise.race([working.close({ graceMs: Infinity }), aborted(stopper.draining)]);
}

/** The shell is told what the child told us: its code, or 128 and the number of its signal. */
function passStatusOn({ left, right }: JoinReport): void {
  for (const { exitCode, signal, code } of [left, right]) {
    if (code !== "ERR_WIRE_PROCESS_EXIT") continue;
    const number = constants.signals[signal as NodeJS.Signals] ?? 0;
    process.exitCode = exitCode ?? 128 + number;
  }
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

function tapsOf(
  reporter: Reporter,
  { tap: form }: TrafficOptions,
): Pick<Parameters<typeof relay>[2] & object, "taps"> {
  if (form === undefined) return {};
  const arrows = { in: "→", out: "←" };
  return { taps: ({ serial }) => ({ left: tap(reporter, `#${serial}`, form, arrows) }) };
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
