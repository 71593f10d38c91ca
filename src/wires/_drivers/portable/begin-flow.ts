import type { Socket } from "node:net";
import type { EndpointOptions } from "../../../contract/index.ts";
import type { FlowOptions } from "../../../flow/index.ts";
import { Flow } from "../../../flow/index.ts";
import { publishing } from "../diagnostics.ts";
import type { SocketWireOptions } from "./socket-wire.ts";
import { SocketWire } from "./socket-wire.ts";

/** Makes the transport of one connection; `undefined` for one without a sub-interface. */
export type MakeTransport = FlowOptions["transport"] | undefined;

type Own = Omit<FlowOptions, "transport" | "observer" | "onError"> & {
  readonly transport: MakeTransport;
};

/** Puts a flow over a connected socket, and opens it: the protocol is made before this returns. */
export function beginFlow(
  socket: Socket,
  described: SocketWireOptions,
  { observer, onError }: EndpointOptions,
  { transport, ...own }: Own,
): void {
  const watcher = publishing(observer);
  let wire!: SocketWire;
  new Flow((facts) => (wire = new SocketWire(socket, facts, described)), {
    ...own,
    ...(onError && { onError }),
    ...(watcher && { observer: watcher }),
    ...(transport && { transport }),
  });
  wire.open();
}
