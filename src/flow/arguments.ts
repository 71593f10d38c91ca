import type { Bytes, Protocol, PullProducer, PushProducer } from "../contract/index.ts";
import { isBytes } from "../contract/index.ts";

/** @throws {TypeError} unless `data` is a chunk. */
export function checkBytes(method: string, data: unknown): Bytes {
  if (isBytes(data)) return data;
  const got = data === null ? "null" : typeof data;
  throw new TypeError(`${method}() takes Uint8Array chunks, not ${got}; encode text first`);
}

/** Reads `data` once. @throws {TypeError} unless it is an iterable of chunks, all of them. */
export function checkChunks(method: string, data: Iterable<Bytes>): readonly Bytes[] {
  if (typeof data !== "object" || data === null || !(Symbol.iterator in data)) {
    throw new TypeError(`${method}() takes an iterable of Uint8Array chunks`);
  }
  return Array.from(data, (chunk) => checkBytes(method, chunk));
}

/** @throws {TypeError} naming the method that `producer` lacks. */
export function checkProducer(producer: PullProducer | PushProducer, streaming: boolean): void {
  if (typeof streaming !== "boolean") {
    throw new TypeError("registerProducer() takes true for a push producer, false for a pull one");
  }
  const needed = streaming
    ? ["pauseProducing", "resumeProducing", "stopProducing"]
    : ["resumeProducing", "stopProducing"];
  for (const name of needed) requireMethod("registerProducer()", producer, name);
}

/** @throws {TypeError} naming the method that `protocol` lacks. */
export function checkProtocol(protocol: Protocol): void {
  for (const name of ["connectionMade", "dataReceived", "connectionLost"]) {
    requireMethod("a protocol", protocol, name);
  }
}

function requireMethod(where: string, value: unknown, name: string): void {
  const isObject = typeof value === "object" || typeof value === "function";
  if (isObject && value !== null && typeof Reflect.get(value, name) === "function") return;
  throw new TypeError(`${where}: an object with the method ${name}() is needed`);
}
