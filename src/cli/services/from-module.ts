import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { Connection } from "../../bridges/index.ts";
import type { Address, Protocol } from "../../contract/index.ts";
import { UsageError } from "../exit-code.ts";
import type { Service } from "../served.ts";
import { messageOf } from "../wording.ts";

/**
 * The service of a module: its default export.
 *
 * - A class: a protocol, made anew for every connection.
 * - An `async` function: a handler, given a `Connection`; its return closes, its throw cuts.
 * - Any other function: a protocol factory, given the peer's address. A promise is no protocol: a
 *   handler shows before it is called, since it is called with something else.
 *
 * @throws {UsageError} when there is no such file, or its default export is none of these.
 * @throws {Error} when the module does not load, with what it threw as the cause.
 */
export async function serviceFromModule(path: string): Promise<Service> {
  const made = (await load(path))["default"];
  if (typeof made !== "function") {
    throw new UsageError(`Cannot serve ${path}: its default export is no class and no function`);
  }
  if (/^class\b/.test(Function.prototype.toString.call(made))) {
    const ProtocolClass = made as new () => unknown;
    return () => protocolFrom(path, new ProtocolClass());
  }
  if (made.constructor.name === "AsyncFunction") {
    return handledBy(made as (peer: Connection) => Promise<void>);
  }
  const factory = made as (peer: Address) => unknown;
  return (peer) => protocolFrom(path, factory(peer));
}

async function load(path: string): Promise<Record<string, unknown>> {
  await checkFile(path);
  try {
    return (await import(pathToFileURL(resolve(path)).href)) as Record<string, unknown>;
  } catch (error) {
    // Node adds lines about who required what.
    const [message = ""] = messageOf(error).split("\n", 1);
    const how =
      error instanceof SyntaxError
        ? "it, or a module that it imports, has a syntax error"
        : "loading it failed";
    throw new Error(`Cannot serve ${path}: ${how}: ${message}`, { cause: error });
  }
}

/** Before it is imported: what the import says does not tell it from the module's own imports. */
async function checkFile(path: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === "ENOENT" ? "there is no such file" : error.message;
    throw new UsageError(`Cannot serve ${path}: ${why}`);
  });
  if (!found.isDirectory()) return;
  throw new UsageError(`Cannot serve ${path}: it is a directory; name the module in it`);
}

/** @throws {TypeError} when it is neither a protocol nor `null`. */
function protocolFrom(path: string, made: unknown): Protocol | null {
  if (made === null) return null;
  if (made instanceof Promise) {
    made.catch(() => undefined);
    throw new TypeError(
      `Cannot serve ${path}: its default export returned a promise and is no async function; ` +
        "write a handler as `export default async (peer) => …`",
    );
  }
  if (typeof made !== "object" && typeof made !== "function") {
    const what = made === undefined ? "nothing" : `a ${typeof made}`;
    throw new TypeError(`Cannot serve ${path}: it made ${what}, and no protocol`);
  }
  const missing = REQUIRED.filter((name) => typeof Reflect.get(made, name) !== "function");
  if (missing.length === 0) return made as Protocol;
  const names = missing.map((name) => `${name}()`).join(", ");
  throw new TypeError(`Cannot serve ${path}: its protocol has no ${names}`);
}

const REQUIRED = ["connectionMade", "dataReceived", "connectionLost"] as const;

function handledBy(handler: (peer: Connection) => Promise<void>): Service {
  return (_peer, fail) => {
    const connection = new HandledConnection(async () => {
      try {
        await handler(connection);
        await connection.close();
      } catch (error) {
        fail(error);
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
