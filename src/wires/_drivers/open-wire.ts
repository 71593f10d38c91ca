import type { EndpointOptions } from "../../contract/index.ts";
import type { Facts, FlowOptions, Wire } from "../../flow/index.ts";
import { Flow } from "../../flow/index.ts";
import { publishing } from "./diagnostics.ts";

/** A wire whose beginning waits until flow has it. */
export interface OpenableWire extends Wire {
  open(): void;
}

/** Puts a flow over a wire, and opens it: the protocol is made before this returns. */
export function openWire<W extends OpenableWire>(
  makeWire: (facts: Facts) => W,
  { observer, onError }: EndpointOptions,
  own: Omit<FlowOptions, "observer" | "onError">,
): Flow {
  const watcher = publishing(observer);
  let wire!: W;
  const flow = new Flow((facts) => (wire = makeWire(facts)), {
    ...own,
    ...(onError && { onError }),
    ...(watcher && { observer: watcher }),
  });
  wire.open();
  return flow;
}
