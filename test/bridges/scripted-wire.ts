import type { Bytes, Capability, Protocol, Runtime } from "../../src/contract/index.ts";
import type { Facts, FlowTransport, Wire } from "../../src/flow/index.ts";
import { Flow } from "../../src/flow/index.ts";

/** A wire that does nothing by itself: the test reports the facts. */
export class ScriptedWire implements Wire {
  readonly host = { kind: "loopback", side: "left" } as const;
  readonly peer = { kind: "loopback", side: "right" } as const;
  readonly asked: string[] = [];
  facts!: Facts;

  send(chunks: readonly Bytes[]): void {
    this.asked.push(`send ${chunks.reduce((sum, chunk) => sum + chunk.byteLength, 0)}`);
  }
  endSending(): void {
    this.asked.push("endSending");
  }
  pauseReading(): void {
    this.asked.push("pauseReading");
  }
  resumeReading(): void {
    this.asked.push("resumeReading");
  }
  close(): void {
    this.asked.push("close");
  }
  abort(): void {
    this.asked.push("abort");
  }
}

export interface Scripted {
  readonly wire: ScriptedWire;
  readonly transport: FlowTransport;
}

/** Gives `protocol` a connection over a scripted wire. */
export function scripted(
  protocol: Protocol,
  capabilities: readonly Capability[],
  runtime: Runtime,
): Scripted {
  const wire = new ScriptedWire();
  const flow = new Flow(
    (facts) => {
      wire.facts = facts;
      return wire;
    },
    { capabilities: new Set(capabilities), accept: () => protocol, runtime },
  );
  wire.facts.opened();
  return { wire, transport: flow.transport };
}
