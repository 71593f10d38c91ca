import type { CloseReason, Limits, OnError } from "../contract/index.ts";
import { formatAddress } from "../contract/index.ts";
import { didYouMean, endpoint, parse } from "../endpoints/index.ts";
import { observe } from "../flow/index.ts";
import type { Drained } from "./drain.ts";
import { drain } from "./drain.ts";
import { exitCodeOfReason, UsageError } from "./exit-code.ts";
import { tellErrors } from "./homeless-errors.ts";
import type { Listened } from "./listening.ts";
import { asAsked, reloadOnHangup } from "./listening.ts";
import type { TrafficOptions } from "./options.ts";
import { limitsOf } from "./options.ts";
import { showProgress } from "./progress.ts";
import { refuseMemoryAlone, servesOne } from "./reachable.ts";
import { factsOf } from "./reason-facts.ts";
import type { Reporter } from "./reporter.ts";
import type { ServedConnection, ServedEvents, Service } from "./served.ts";
import { Served } from "./served.ts";
import { NAMED_SERVICES } from "./services/named.ts";
import { aborted, Stopper } from "./stopper.ts";
import { tap } from "./tap.ts";
import { bytesOf, carriedWords, codeOf, ledgerWords, messageOf, reasonWords } from "./wording.ts";

/** `overwall serve PROTOCOL URL…` */
export async function run(
  reporter: Reporter,
  protocol: string,
  urls: readonly string[],
  options: TrafficOptions,
): Promise<void> {
  checkProtocol(protocol);
  if (urls.length === 0) throw new UsageError(`Cannot serve ${protocol}: on which URL?`);
  for (const url of urls) parse(url);
  using stopper = new Stopper();
  refuseMemoryAlone(`serve ${protocol} on`, urls);
  const onError = tellErrors(reporter);
  const total = { out: 0, back: 0 };
  const served = new Served(
    await serviceOf(protocol),
    eventsOf(reporter, options, total, urls.every(servesOne)),
  );
  const listened: Listened[] = [];
  try {
    for (const url of urls)
      listened.push(
        await listen(reporter, served, { url, protocol, limits: limitsOf(options), onError }),
      );
  } catch (error) {
    await served.close({ graceMs: 0 });
    throw error;
  }
  using _reload = reloadOnHangup(reporter, listened, () => stopper.releaseHangup());
  using _progress =
    options.progress === true ? showProgress(reporter, () => traffic(served, total)) : null;
  const failure = await Promise.race([served.ended, aborted(stopper.draining).then(() => null)]);
  await drain(reporter, stopper, options.drain, drainedBy(reporter, served));
  if (failure !== null) throw failure;
}

/** @throws {UsageError} when it is neither one of ours nor a module. */
function checkProtocol(protocol: string): void {
  if (NAMED_SERVICES.has(protocol) || isModule(protocol)) return;
  const names = [...NAMED_SERVICES.keys()].join(", ");
  if (protocol.includes(":")) {
    throw new UsageError(
      `Cannot serve ${protocol}: a protocol comes before the URLs (${names}, or a module); ` +
        "a command for each connection comes behind --",
    );
  }
  const hint = didYouMean(protocol, NAMED_SERVICES.keys());
  throw new UsageError(
    `Cannot serve ${JSON.stringify(protocol)}: it is not one of ${names}, ` +
      `nor a module such as ./my-protocol.js${hint}`,
  );
}

function isModule(protocol: string): boolean {
  return !/^[a-z0-9+]+:/.test(protocol) && /[/\\]|\.[cm]?js$/.test(protocol);
}

async function serviceOf(protocol: string): Promise<Service> {
  const named = NAMED_SERVICES.get(protocol);
  if (named !== undefined) return named();
  return (await import("./services/from-module.ts")).serviceFromModule(protocol);
}

async function listen(
  reporter: Reporter,
  served: Served,
  {
    url,
    protocol,
    limits,
    onError,
  }: { url: string; protocol: string; limits: Partial<Limits>; onError: OnError },
): Promise<Listened> {
  const made = await endpoint(url);
  const port = await served.listen(made, { limits, onError });
  const at = asAsked(url, port.getHost());
  reporter.tell(
    { event: "listening", url: at, address: port.getHost(), protocol },
    `listening on ${at}, serving ${protocol}`,
  );
  return { url: at, endpoint: made };
}

function eventsOf(
  reporter: Reporter,
  options: TrafficOptions,
  total: { out: number; back: number },
  isOne: boolean,
): ServedEvents {
  return {
    opened: ({ id, peer, transport }) => {
      const { tap: form } = options;
      if (form !== undefined)
        observe(transport, tap(reporter, `#${id}`, form, { in: "←", out: "→" }));
      reporter.tell(
        { event: "opened", id, peer, host: transport.getHost() },
        reporter.faint(`#${id} opened: ${formatAddress(peer)}`),
      );
    },
    closed: (connection, reason) => {
      if (isOne) process.exitCode = exitCodeOfReason(reason);
      total.out += reason.ledger.sent;
      total.back += reason.ledger.received;
      tellClosed(reporter, connection, reason);
    },
    failed: ({ id, peer }, error) =>
      reporter.fault(
        { event: "failed", id, peer, message: messageOf(error), ...codeOf(error) },
        `#${id} failed: ${formatAddress(peer)}: ${messageOf(error)}`,
      ),
  };
}

function tellClosed(reporter: Reporter, { id, peer }: ServedConnection, reason: CloseReason): void {
  const { received, sent } = reason.ledger;
  const { reason: why, ...facts } = factsOf(reason);
  const event = {
    event: "closed",
    id,
    peer,
    bytes: { out: sent, in: received },
    endedBy: reason.by,
    reason: why,
    ...facts,
  };
  const words = `#${id} closed: ${carriedWords(reason.ledger)}; ${reasonWords(reason)}`;
  if (reason.kind === "failed" && reason.by === "us") reporter.fault(event, words);
  else reporter.tell(event, words);
  reporter.detail(`#${id} ${ledgerWords(reason.ledger)}`);
}

function drainedBy(reporter: Reporter, served: Served): Drained<ServedConnection> {
  return {
    waiting: served.connections.length,
    close: (graceMs) => served.close({ graceMs }),
    tellCut: ({ id, peer, transport }) => {
      const { sent, received } = transport.ledger;
      const far = `${bytesOf(sent)} sent and ${bytesOf(received)} received`;
      reporter.tell(
        { event: "cut", id, peer, bytes: { out: sent, in: received } },
        `#${id} was cut: ${formatAddress(peer)}, after ${far}`,
      );
    },
  };
}

function traffic(
  served: Served,
  total: { readonly out: number; readonly back: number },
): { connections: number; bytesOut: number; bytesBack: number } {
  let { out, back } = total;
  for (const { transport } of served.connections) {
    out += transport.ledger.sent;
    back += transport.ledger.received;
  }
  return { connections: served.connections.length, bytesOut: out, bytesBack: back };
}
