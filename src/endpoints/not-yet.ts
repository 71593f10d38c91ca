import { registeredSchemes } from "./registry.ts";
import type { Schemes } from "./scheme.ts";

/** Schemes that the grammar knows and this version has no code for, each with what it will be. */
export const NOT_YET: ReadonlyMap<string, string> = new Map([
  ["systemd", "a socket that systemd hands over"],
  ["nats", "a NATS broker"],
  ["telnet", "telnet"],
  ["ssh", "an SSH session"],
  ["ws", "a WebSocket"],
  ["wss", "a WebSocket over TLS"],
  ["http", "an HTTP exchange"],
  ["https", "an HTTP exchange over TLS"],
  ["h2", "an HTTP/2 stream"],
  ["h2c", "an HTTP/2 stream without TLS"],
  ["proxy", "the PROXY protocol"],
]);

/** The schemes that are known and not here, each with what it will be. */
export function notYet(schemes: Schemes = registeredSchemes): ReadonlyMap<string, string> {
  return new Map([...NOT_YET].filter(([name]) => schemes.find(name) === undefined));
}
