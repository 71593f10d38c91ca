import type {
  DriverName,
  StdioAddress,
  StdioTransport,
  TerminalSize,
} from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { FlowTransport } from "../../flow/index.ts";
import type { Terminal } from "./terminal.ts";

export interface StdioFacts {
  readonly driver: DriverName;
  readonly nonBlocking: readonly number[];
  readonly terminal: Terminal;
}

/** The face of the standard streams. */
export class StdioFlowTransport extends FlowTransport implements StdioTransport {
  readonly driver: DriverName;
  readonly nonBlocking: readonly number[];
  readonly #terminal: Terminal;

  constructor(flow: FlowCalls, { driver, nonBlocking, terminal }: StdioFacts) {
    super(flow);
    this.driver = driver;
    this.#terminal = terminal;
    this.nonBlocking = nonBlocking;
  }

  override getPeer(): StdioAddress {
    return super.getPeer() as StdioAddress;
  }

  override getHost(): StdioAddress {
    return super.getHost() as StdioAddress;
  }

  get isTerminal(): StdioTransport["isTerminal"] {
    return { input: this.#terminal.isInput, output: this.#terminal.isOutput };
  }

  setRawMode(isRaw: boolean): void {
    this.#terminal.setRawMode(isRaw);
  }

  get terminalSize(): TerminalSize | null {
    return this.#terminal.size;
  }

  onTerminalResize(changed: (size: TerminalSize) => void): Disposable {
    return this.#terminal.onResize(changed);
  }
}
