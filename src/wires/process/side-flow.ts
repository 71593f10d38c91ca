import type { Address, Capability, Limits, OnError } from "../../contract/index.ts";
import type { Facts } from "../../flow/index.ts";
import { Flow } from "../../flow/index.ts";
import type { DuctWireOptions } from "../_drivers/duct-wire.ts";
import { DuctWire } from "../_drivers/duct-wire.ts";
import type { ProcessSeat } from "../_drivers/process-seat.ts";

export interface SideOptions {
  readonly childFD: number;
  readonly host: Address;
  readonly peer: Address;
  readonly ducts: Pick<DuctWireOptions, "intake" | "outlet">;
  readonly seat: ProcessSeat;
  readonly limits: Limits;
  readonly onError: OnError;
  /** Told once, when it is over. */
  readonly ended: () => void;
}

/** A descriptor of a child other than its standard input and output: a flow of its own. */
export class SideFlow {
  readonly flow: Flow;
  readonly isRead: boolean;
  #wire!: DuctWire;
  #isDiscarding = false;

  constructor({ childFD, host, peer, ducts, seat, limits, onError, ended }: SideOptions) {
    this.isRead = ducts.intake !== undefined;
    this.flow = new Flow(
      (facts: Facts) => (this.#wire = new DuctWire(facts, { host, peer, ...ducts })),
      {
        capabilities: CAPABILITIES,
        // Whether anything moves is judged for the process as a whole.
        limits: { ...limits, idleMs: Infinity },
        onError,
        accept: () => ({
          connectionMade: () => undefined,
          dataReceived: (data) => {
            if (this.#isDiscarding) return;
            seat.tell((protocol) => protocol.childDataReceived?.(childFD, data));
          },
          connectionLost: () => seat.tell((protocol) => protocol.childConnectionLost?.(childFD)),
        }),
        ended,
      },
    );
  }

  open(): void {
    this.#wire.open();
  }

  /** Reads on and forgets, so that the child is not killed for what it still prints; or ends it. */
  discard(): void {
    this.#isDiscarding = true;
    if (this.isRead) this.flow.transport.resumeProducing();
    else this.flow.transport.loseConnection();
  }

  cut(): void {
    this.flow.cancel(new Error("the process was let go"));
  }
}

const CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>(["abort", "backPressure"]);
