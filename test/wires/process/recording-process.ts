import type {
  Bytes,
  ProcessProtocol,
  ProcessStatus,
  ProcessTransport,
} from "../../../src/contract/index.ts";
import type { ProcessOptions } from "../../../src/wires/process/index.ts";
import { childProcess } from "../../../src/wires/process/index.ts";
import { RecordingProtocol } from "../recording-protocol.ts";

/** Keeps what it is told of a child process as well. */
export class RecordingProcess
  extends RecordingProtocol<ProcessTransport>
  implements ProcessProtocol
{
  readonly childTexts: Map<number, string> = new Map();
  readonly statuses: ProcessStatus[] = [];
  readonly exited: Promise<ProcessStatus>;
  #exited!: (status: ProcessStatus) => void;

  constructor() {
    super();
    this.exited = new Promise((resolve) => (this.#exited = resolve));
  }

  childDataReceived = (childFD: number, data: Bytes): void => {
    const before = this.childTexts.get(childFD) ?? "";
    this.childTexts.set(childFD, before + Buffer.from(data).toString());
  };

  childConnectionLost = (childFD: number): void => {
    this.calls.push(`childLost ${childFD}`);
  };

  processExited = (status: ProcessStatus): void => {
    this.calls.push("exited");
    this.statuses.push(status);
    this.#exited(status);
  };

  processEnded = (status: ProcessStatus): void => {
    this.calls.push("ended");
    this.statuses.push(status);
  };
}

/** The same, and it goes on sending after the end of standard output. */
export class HalfCloseAwareProcess extends RecordingProcess {
  readConnectionLost = (): void => this.tellReadEnded();
}

/** Starts `sh -c script`. */
export function shell(
  script: string,
  options: Omit<ProcessOptions, "command" | "args"> = {},
): Promise<RecordingProcess> {
  const endpoint = childProcess({ command: "/bin/sh", args: ["-c", script], ...options });
  return endpoint.connect(new RecordingProcess());
}
