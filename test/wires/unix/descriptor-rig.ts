import assert from "node:assert/strict";
import { readdirSync, readFileSync, statSync } from "node:fs";
import type { Bytes, UnixTransport } from "../../../src/contract/index.ts";
import { addon, whyNotNative } from "../../../src/wires/_drivers/native/addon.ts";
import { unix } from "../../../src/wires/unix/index.ts";
import type { Pair } from "../recording-protocol.ts";
import { pairOver, RecordingProtocol } from "../recording-protocol.ts";

/** For what only the native driver can. */
export const onlyNative: { readonly skip: string | false } = {
  skip: whyNotNative() !== null && `needs the native driver: ${whyNotNative()}`,
};

/** Takes descriptors, and writes down in which order what came; disposing closes them. */
export class Receiver extends RecordingProtocol<UnixTransport> implements Disposable {
  readonly fds: number[] = [];
  /** `fd`, or the bytes as text. */
  readonly order: string[] = [];
  /** Called after each. */
  onDescriptor: (fd: number) => void = () => undefined;
  #waiting: { readonly count: number; readonly tell: () => void }[] = [];

  constructor() {
    super();
    const { dataReceived } = this;
    this.dataReceived = (data: Bytes): void => {
      this.order.push(Buffer.from(data).toString());
      dataReceived(data);
    };
  }

  fileDescriptorReceived = (fd: number): void => {
    this.fds.push(fd);
    this.order.push("fd");
    for (const { count, tell } of this.#waiting) if (this.fds.length >= count) tell();
    this.onDescriptor(fd);
  };

  /** Resolves when `count` descriptors have come in all. */
  descriptors(count: number): Promise<void> {
    if (this.fds.length >= count) return Promise.resolve();
    return new Promise((tell) => void this.#waiting.push({ count, tell }));
  }

  [Symbol.dispose](): void {
    for (const fd of this.fds.splice(0)) closeDescriptor(fd);
  }
}

/** Of one that came from elsewhere: not every runtime's `node:fs` knows such a number. */
export function closeDescriptor(fd: number): void {
  assert.equal(addon().closeDescriptor(fd), 0, `descriptor ${fd} was not open`);
}

export function receivers(path: string): Promise<Pair<Receiver, UnixTransport>> {
  return pairOver(
    unix({ path, driver: "native" }),
    () => unix({ path, driver: "native" }),
    () => new Receiver(),
  );
}

/** How many descriptors this process, or another one, has open. */
export function openCount(pid: number | "self" = "self"): number {
  return readdirSync(`/proc/${pid}/fd`).length;
}

export function isSameFile(one: number, other: number): boolean {
  const [first, second] = [one, other].map((fd) => statSync(`/proc/self/fd/${fd}`));
  return first?.ino === second?.ino && first?.dev === second?.dev;
}

export function isClosedOnExec(fd: number): boolean {
  const flags = /^flags:\s+(\d+)$/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1];
  return (Number.parseInt(flags ?? "0", 8) & 0o2000000) !== 0;
}

/** Some turns of the event loop, so that what comes at once has come. */
export async function turns(count = 10): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((next) => setImmediate(next));
}
