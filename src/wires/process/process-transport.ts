import type {
  Bytes,
  DriverName,
  ProcessAddress,
  ProcessTransport,
  Protocol,
  Transport,
} from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { checkProtocol, FlowTransport } from "../../flow/index.ts";
import type { ProcessSeat } from "../_drivers/process-seat.ts";
import type { ProcessWire } from "./process-wire.ts";

/** The face of a child process. */
export class ProcessFlowTransport extends FlowTransport implements ProcessTransport {
  readonly #wire: ProcessWire;
  readonly #seat: ProcessSeat;

  constructor(flow: FlowCalls, wire: ProcessWire, seat: ProcessSeat) {
    super(flow);
    this.#wire = wire;
    this.#seat = seat;
  }

  override getPeer(): ProcessAddress {
    return super.getPeer() as ProcessAddress;
  }

  override getHost(): ProcessAddress {
    return super.getHost() as ProcessAddress;
  }

  get driver(): DriverName {
    return this.#wire.driver;
  }

  get pid(): number | null {
    return this.#wire.pid;
  }

  writeToChild(childFD: number, data: Bytes): void {
    if (this.#wire.fds[childFD] !== "w") throw noPipe("write to", childFD);
    this.childTransport(childFD).write(data);
  }

  closeChildFD(childFD: number): void {
    if (childFD === 0) this.loseWriteConnection();
    else if (childFD === 1) this.#wire.closeOutput();
    else this.#wire.sides.get(childFD)?.loseConnection();
  }

  childTransport(childFD: number): Transport {
    const way = this.#wire.fds[childFD];
    if ((childFD === 0 && way === "w") || (childFD === 1 && way === "r")) return this;
    const side = this.#wire.sides.get(childFD);
    if (side === undefined) throw noPipe("reach", childFD);
    return side;
  }

  signalProcess(signal: string | number): boolean {
    return this.#wire.signal(signal);
  }

  /** Reading of every descriptor, as one. */
  override pauseProducing(): void {
    super.pauseProducing();
    for (const side of this.#wire.sides.values()) side.pauseProducing();
  }

  override resumeProducing(): void {
    super.resumeProducing();
    for (const side of this.#wire.sides.values()) side.resumeProducing();
  }

  override loseConnection(): void {
    super.loseConnection();
    this.#wire.discardSides();
  }

  override stopProducing(): void {
    this.loseConnection();
  }

  override switchProtocol(next: Protocol<ProcessTransport>, early?: Bytes): void {
    checkProtocol(next as Protocol);
    super.switchProtocol(this.#seat.adapt(next) as Protocol, early);
    this.#seat.leave();
  }
}

function noPipe(verb: string, childFD: number): RangeError {
  return new RangeError(`Cannot ${verb} descriptor ${childFD} of the child: there is no such pipe`);
}
