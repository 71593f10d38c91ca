import type { CloseReason, ProcessStatus, PtyTransport } from "../../../src/contract/index.ts";
import type { PtyOptions } from "../../../src/wires/pty/index.ts";
import { pty } from "../../../src/wires/pty/index.ts";
import { RecordingProtocol } from "../recording-protocol.ts";

/** Keeps what a program on a terminal prints, and what is told of it. */
export class RecordingPty extends RecordingProtocol<PtyTransport> {
  readonly statuses: ProcessStatus[] = [];
  readonly exited: Promise<void>;
  /** Called first. */
  onMade: (transport: PtyTransport) => void = () => undefined;
  #exited!: () => void;
  /** What is awaited to be printed. */
  readonly #awaited: { readonly text: string; readonly tell: () => void }[] = [];

  constructor() {
    super();
    this.exited = new Promise((resolve) => {
      this.#exited = resolve;
    });
    const { connectionMade, dataReceived } = this;
    this.connectionMade = (transport) => {
      connectionMade(transport);
      this.onMade(transport);
    };
    this.dataReceived = (data) => {
      dataReceived(data);
      for (const { text, tell } of this.#awaited) if (this.text.includes(text)) tell();
    };
  }

  processExited = (status: ProcessStatus): void => {
    this.calls.push("exited");
    this.statuses.push(status);
    this.#exited();
  };

  processEnded = (): void => {
    this.calls.push("ended");
  };

  get text(): string {
    return this.bytes.toString();
  }

  /** Resolves when it has printed `text`. */
  prints(text: string): Promise<void> {
    if (this.text.includes(text)) return Promise.resolve();
    return new Promise((tell) => void this.#awaited.push({ text, tell }));
  }

  /** How it ended, in words. */
  async end(): Promise<string> {
    const { kind, by, code, exitCode, signal }: CloseReason = await this.lost;
    return [kind, by, code?.replace("ERR_WIRE_", ""), exitCode, signal].filter(isTold).join(" ");
  }
}

function isTold(word: unknown): boolean {
  return word !== undefined;
}

/** Starts a shell's script on a terminal. */
export function onTerminal(
  script: string,
  options: Partial<PtyOptions> = {},
): Promise<RecordingPty> {
  const shell = pty({ command: "sh", args: ["-c", script], env: "inherit", ...options });
  return shell.connect(new RecordingPty());
}
