import type { ClientEndpoint, EndpointOptions, Transport } from "../contract/index.ts";
import { checkEndpoint } from "./check-endpoint.ts";
import type { ConnectionOptions } from "./connection.ts";
import { Connection } from "./connection.ts";

/**
 * Makes a connection.
 *
 * @throws {WireError} REFUSED, RESOLVE, TIMEOUT … naming every attempt made.
 * @throws {TypeError} at the call, when it is given no endpoint.
 * @throws the signal's reason when aborted before the connection is made; later it means nothing.
 *
 * @example one question, one answer
 * ```ts
 * await using peer = await connect(tcp({ port: 8007 }));
 * await peer.send("hello\n");
 * await peer.end();
 * for await (const line of lines(peer)) console.log(line);
 * ```
 */
export function connect<T extends Transport>(
  endpoint: ClientEndpoint<T>,
  options: EndpointOptions & ConnectionOptions = {},
): Promise<Connection<T>> {
  checkEndpoint("connect", endpoint, ["connect"]);
  return endpoint.connect(new Connection<T>(options), options);
}
