import type { EndpointOptions, Observer } from "../../contract/index.ts";
import type { Facts, FlowOptions, Wire } from "../../flow/index.ts";
import { Flow } from "../../flow/index.ts";
import { publishing } from "./diagnostics.ts";

/** A wire whose beginning waits until flow has it. */
export interface OpenableWire extends Wire {
  open(): void;
}

/** What an endpoint decides of its flows, beside what its user does. */
export type OwnFlowOptions = Omit<FlowOptions, "observer" | "onError">;

/** The options of every flow of one endpoint: made once for all its connections. */
export function flowOptions(
  { observer, onError }: EndpointOptions,
  own: OwnFlowOptions,
): FlowOptions {
  const watch = (): Observer | undefined => publishing(observer);
  return { ...own, ...(onError && { onError }), observer: watch };
}

/** Puts a flow over a wire, and opens it: the protocol is made before this returns. */
export function openFlow(makeWire: (facts: Facts) => OpenableWire, options: FlowOptions): Flow {
  let wire!: OpenableWire;
  const flow = new Flow((facts) => (wire = makeWire(facts)), options);
  wire.open();
  return flow;
}

/** `openFlow` for an endpoint with one connection. */
export function openWire(
  makeWire: (facts: Facts) => OpenableWire,
  options: EndpointOptions,
  own: OwnFlowOptions,
): Flow {
  return openFlow(makeWire, flowOptions(options, own));
}
