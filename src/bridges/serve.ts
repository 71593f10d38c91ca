import type {
  ClientEndpoint,
  EndpointOptions,
  ServerEndpoint,
  Transport,
} from "../contract/index.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import type { Connection, ConnectionOptions } from "./connection.ts";
import type { Server } from "./server.ts";
import { Serving } from "./server.ts";

/** Serves one peer, until it returns or throws. */
export type Handler<T extends Transport = Transport> = (
  peer: Connection<T>,
) => Promise<void> | void;

export interface ServeOptions extends EndpointOptions, ConnectionOptions {
  /** How long an orderly stop waits, when it is not told. Default 10 s. */
  readonly graceMs?: number;
}

/**
 * Serves every peer of `endpoint` with `handler`; resolves when it listens.
 *
 * A handler that returns closes its peer in order. One that throws cuts its peer, so that the
 * peer can tell, and the error goes to `onError`; no other peer notices. It starts in a later
 * microtask than its connection. A handler that called `peer.switchProtocol` leaves the
 * connection to the next protocol; the server goes on counting it.
 *
 * An endpoint that can only connect has one other end (standard input and output, a process): that
 * one is served, and the server is over with it.
 *
 * @param options `signal` rejects before the result is there, and stops the server as `close` does
 *   afterwards. `onError` takes what handlers throw, with `during: "handler"`.
 * @throws {TypeError} without an endpoint or a handler.
 * @throws {RangeError} when `graceMs` is no number of at least 0.
 * @throws what `listen`, or `connect`, rejects with.
 * @throws the signal's reason when aborted before the result is there.
 */
export async function serve<T extends Transport>(
  endpoint: ServerEndpoint<T> | ClientEndpoint<T>,
  handler: Handler<T>,
  options: ServeOptions = {},
): Promise<Server> {
  checkEndpoint("serve", endpoint, ["listen", "connect"]);
  if (typeof handler !== "function") throw new TypeError("serve() takes a handler function");
  const serving = new Serving<T>(handler, options);
  try {
    if (canListen(endpoint)) serving.listens(await endpoint.listen(serving.accept, options));
    else serving.connected(await endpoint.connect(serving.accept(), options));
    options.signal?.throwIfAborted();
  } catch (error) {
    await serving.close({ graceMs: 0 });
    throw error;
  }
  serving.stopWith(options.signal);
  return serving;
}

function canListen<T extends Transport>(
  endpoint: ServerEndpoint<T> | ClientEndpoint<T>,
): endpoint is ServerEndpoint<T> {
  return "listen" in endpoint && typeof endpoint.listen === "function";
}
