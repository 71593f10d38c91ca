import type {
  Bytes,
  CloseReason,
  Protocol,
  PushProducer,
  Transport,
} from "../../src/contract/index.ts";
import type { FlowTransport } from "../../src/flow/index.ts";

/** What a recorder does when it is called, after it wrote the call down. */
export interface Role {
  /** Whether it has `readConnectionLost`. */
  readonly isAware?: boolean;
  readonly made?: (transport: FlowTransport) => unknown;
  readonly data?: (data: Bytes) => unknown;
  readonly readLost?: () => unknown;
  readonly writeLost?: () => unknown;
  readonly lost?: (reason: CloseReason) => unknown;
}

/** A protocol that writes down its calls: `made`, `data hello`, `readLost`, `lost done/us`. */
export class Recorder {
  readonly calls: string[] = [];
  readonly protocol: Protocol;
  reason: CloseReason | null = null;
  transport: Transport | null = null;

  constructor(role: Role = {}) {
    this.protocol = {
      connectionMade: (transport) => {
        this.calls.push("made");
        this.transport = transport;
        return role.made?.(transport as FlowTransport) as undefined;
      },
      dataReceived: (data) => {
        this.calls.push(`data ${text(data)}`);
        return role.data?.(data) as undefined;
      },
      writeConnectionLost: () => {
        this.calls.push("writeLost");
        return role.writeLost?.() as undefined;
      },
      connectionLost: (reason) => {
        this.calls.push(`lost ${summary(reason)}`);
        this.reason = reason;
        return role.lost?.(reason) as undefined;
      },
      ...(role.isAware === true
        ? {
            readConnectionLost: (): undefined => {
              this.calls.push("readLost");
              return role.readLost?.() as undefined;
            },
          }
        : {}),
    };
  }
}

/** A producer that writes down what it is told; push or pull, as it is registered. */
export class RecordingProducer implements PushProducer {
  readonly told: string[] = [];
  readonly #on: Partial<Record<"pause" | "resume" | "stop", () => unknown>>;

  constructor(on: Partial<Record<"pause" | "resume" | "stop", () => unknown>> = {}) {
    this.#on = on;
  }

  pauseProducing(): void {
    this.told.push("pause");
    this.#on.pause?.();
  }

  resumeProducing(): void {
    this.told.push("resume");
    this.#on.resume?.();
  }

  stopProducing(): void {
    this.told.push("stop");
    this.#on.stop?.();
  }
}

/** `done/us`, or `timeout/us/IDLE`. */
export function summary({ kind, by, code }: Pick<CloseReason, "kind" | "by" | "code">): string {
  return `${kind}/${by}${code === undefined ? "" : `/${code.replace("ERR_WIRE_", "")}`}`;
}

export function bytes(content: string): Bytes {
  return new TextEncoder().encode(content);
}

export function text(chunk: Bytes): string {
  return chunk.byteLength > 40 ? `(${chunk.byteLength})` : new TextDecoder().decode(chunk);
}
