import type {
  Bytes,
  ProcessAddress,
  ProcessTransport,
  Protocol,
  PtyTransport,
  TerminalSize,
  Transport,
} from "../../contract/index.ts";
import { UnsupportedError } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { checkProtocol, FlowTransport } from "../../flow/index.ts";
import type { ProcessSeat } from "../_drivers/process-seat.ts";
import { checkSize } from "./pty-options.ts";
import type { PtyWire } from "./pty-wire.ts";

/** The face of a child process on a terminal. */
export class PtyFlowTransport extends FlowTransport implements PtyTransport {
  readonly #wire: PtyWire;
  readonly #seat: ProcessSeat;
  #size: TerminalSize;

  constructor(flow: FlowCalls, wire: PtyWire, seat: ProcessSeat, size: TerminalSize) {
    super(flow);
    this.#wire = wire;
    this.#seat = seat;
    this.#size = { columns: size.columns, rows: size.rows };
  }

  override getPeer(): ProcessAddress {
    return super.getPeer() as ProcessAddress;
  }

  override getHost(): ProcessAddress {
    return super.getHost() as ProcessAddress;
  }

  get driver(): "native" {
    return "native";
  }

  get pid(): number | null {
    return this.#wire.pid;
  }

  get terminalSize(): TerminalSize {
    return this.#size;
  }

  resize(size: TerminalSize): void {
    checkSize("resize", size);
    const { columns, rows } = size;
    if (this.#wire.resize(columns, rows)) this.#size = { columns, rows };
  }

  signalProcess(signal: string | number): boolean {
    return this.#wire.signal(signal);
  }

  writeToChild(childFD: number, data: Bytes): void {
    this.childTransport(childFD).write(data);
  }

  childTransport(childFD: number): Transport {
    if (childFD === 0 || childFD === 1) return this;
    throw new RangeError(
      `Cannot reach descriptor ${childFD} of the child: it has a terminal alone`,
    );
  }

  closeChildFD(_childFD: number): void {
    const why = "they all are one terminal; loseConnection() hangs it up";
    throw new UnsupportedError("close one descriptor of the child", why, {
      address: this.getPeer(),
    });
  }

  override switchProtocol(next: Protocol<PtyTransport>, early?: Bytes): void {
    checkProtocol(next as Protocol);
    super.switchProtocol(this.#seat.adapt(next as Protocol<ProcessTransport>) as Protocol, early);
    this.#seat.leave();
  }
}
