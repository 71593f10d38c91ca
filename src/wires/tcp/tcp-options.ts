import { isIP } from "node:net";
import type { TcpOptions } from "./tcp.ts";

/**
 * Checks what was given to `tcp()`.
 *
 * @throws {TypeError} for a wrong type. @throws {RangeError} for a value outside its range.
 */
export function checkTcpOptions(options: TcpOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("tcp() takes an object of options");
  }
  checkHost(options.host ?? "127.0.0.1");
  checkInteger("port", options.port, 0, 65_535);
  checkInteger("backlog", options.backlog ?? 511, 1, 2 ** 31 - 1);
  checkInteger("localPort", options.localPort ?? 0, 0, 65_535);
  checkDuration("attemptDelayMs", options.attemptDelayMs ?? 250, 0);
  checkDuration("keepAliveDelayMs", options.keepAliveDelayMs ?? 60_000, 1000);
  checkType("lookup", options.lookup, "function");
  for (const name of ["ipv6Only", "noDelay", "keepAlive"] as const) {
    checkType(name, options[name], "boolean");
  }
  const { localAddress } = options;
  if (localAddress !== undefined && isIP(localAddress) === 0) {
    throw new RangeError(
      `tcp(): localAddress must be a literal address, not ${show(localAddress)}`,
    );
  }
}

function checkHost(host: unknown): void {
  if (typeof host !== "string")
    throw new TypeError(`tcp(): host must be a string, not ${show(host)}`);
  if (host === "" || /[\s\0/]/.test(host)) {
    throw new RangeError(`tcp(): host must be a name or an address, not ${show(host)}`);
  }
}

function checkInteger(name: string, value: unknown, least: number, most: number): void {
  if (typeof value !== "number") {
    throw new TypeError(`tcp(): ${name} must be a number, not ${show(value)}`);
  }
  if (Number.isInteger(value) && value >= least && value <= most) return;
  throw new RangeError(
    `tcp(): ${name} must be a whole number from ${least} to ${most}, not ${value}`,
  );
}

function checkDuration(name: string, value: unknown, least: number): void {
  if (typeof value !== "number") {
    throw new TypeError(`tcp(): ${name} must be a number, not ${show(value)}`);
  }
  if (!(value >= least)) {
    throw new RangeError(`tcp(): ${name} must be at least ${least}, not ${value}`);
  }
}

function checkType(name: string, value: unknown, type: "boolean" | "function"): void {
  if (value === undefined || typeof value === type) return;
  throw new TypeError(`tcp(): ${name} must be a ${type}, not ${show(value)}`);
}

function show(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value) : String(value);
}
