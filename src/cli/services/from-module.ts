import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Connection } from "../../bridges/index.ts";
import type { OnError, Protocol, ProtocolFactory } from "../../contract/index.ts";
import { UsageError } from "../exit-code.ts";

/**
 * The protocol of a module: its default export.
 *
 * - A class: a protocol, made anew for every connection.
 * - An `async` function: a handler, given a `Connection`; its return closes, its throw cuts.
 * - Any other function: a protocol factory, given the peer's address.
 */
export async function factoryFromModule(path: string, onError: OnError): Promise<ProtocolFactory> {
  const made = (await load(path))["default"];
  if (typeof made !== "function") {
    throw new UsageError(`Cannot serve ${path}: its default export is no class and no function`);
  }
  if (/^class\b/.test(Function.prototype.toString.call(made))) {
    const ProtocolClass = made as new () => Protocol;
    return () => new ProtocolClass();
  }
  if (made.constructor.name === "AsyncFunction") {
    return handledBy(made as (peer: Connection) => Promise<void>, onError);
  }
  return made as ProtocolFactory;
}

async function load(path: string): Promise<Record<string, unknown>> {
  const url = pathToFileURL(resolve(path)).href;
  try {
    return (await import(url)) as Record<string, unknown>;
  } catch (error) {
    const isMissing =
      error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND";
    if (!isMissing || !String(error).includes(resolve(path))) throw error;
    throw new UsageError(`Cannot serve ${path}: there is no such file`);
  }
}

function handledBy(
  handler: (peer: Connection) => Promise<void>,
  onError: OnError,
): ProtocolFactory {
  return () => {
    const connection = new HandledConnection(async () => {
      try {
        await handler(connection);
        await connection.close();
      } catch (error) {
        onError(error, { during: "handler", peer: connection.peer });
        connection.abort();
      }
    });
    return connection;
  };
}

/** Starts its handler when it is made. */
class HandledConnection extends Connection {
  readonly #made: () => Promise<void>;

  constructor(made: () => Promise<void>) {
    super();
    this.#made = made;
  }

  override connectionMade(transport: Parameters<Connection["connectionMade"]>[0]): void {
    super.connectionMade(transport);
    void Promise.resolve().then(this.#made);
  }
}
