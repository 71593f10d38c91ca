import type { EndpointOptions } from "../../contract/index.ts";
import type { FlowOptions } from "../../flow/index.ts";
import { openWire } from "./open-wire.ts";
import type { Ends, RawSocket } from "./raw-socket.ts";

/** Makes the transport of one connection; `undefined` for one without a sub-interface. */
export type MakeTransport = FlowOptions["transport"] | undefined;

type Own = Omit<FlowOptions, "transport" | "observer" | "onError"> & {
  readonly transport: MakeTransport;
};

/** Puts a flow over a connected socket, and opens it: the protocol is made before this returns. */
export function beginFlow(
  socket: RawSocket,
  ends: Ends,
  options: EndpointOptions,
  { transport, ...own }: Own,
): void {
  openWire((facts) => socket.wire(facts, ends), options, {
    ...own,
    ...(transport && { transport }),
  });
}
