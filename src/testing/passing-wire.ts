import type {
  Address,
  Bytes,
  Capability,
  CloseReason,
  DescriptorReceiver,
  Observer,
  Protocol,
  Runtime,
} from "../contract/index.ts";
import { ClosedError, resolveLimits } from "../contract/index.ts";
import type { ArrivedRider, Facts, FlowCalls, Rider, Wire } from "../flow/index.ts";
import { Flow, FlowTransport } from "../flow/index.ts";
import { VirtualRuntime } from "../memory/index.ts";
import { joinPlainly, LINK_CAPABILITIES } from "../memory/link.ts";
import { PretendedDescriptors } from "./pretended-descriptors.ts";
import { settleVirtually } from "./settle.ts";
import type { PairOptions, WireUnderTest } from "./wire-under-test.ts";

/** What may be wrong with a wire that passes descriptors; nothing by default. */
export interface PassingFault {
  /** A descriptor comes behind the byte that it travelled with. */
  readonly isBehind?: boolean;
  /** What nobody claims is kept. */
  readonly keepsUnclaimed?: boolean;
  /** A reader that pauses is told all the same. */
  readonly ignoresPause?: boolean;
  /** What the protocol is told at the end. */
  readonly reason?: (reason: CloseReason) => CloseReason;
}

/** A loopback in virtual time that passes descriptors of a pretended system. */
export function passingWire(
  name = "loopback with descriptors",
  fault: PassingFault = {},
): WireUnderTest {
  const runtime = new VirtualRuntime();
  const descriptors = new PretendedDescriptors();
  return {
    name,
    descriptors,
    capabilities: CAPABILITIES,
    pair: async (left, right, options) => {
      const joint = joinPlainly({
        turn: runtime.turn,
        leftAddress: ADDRESS,
        rightAddress: ADDRESS,
      });
      const [toLeft, toRight] = [new Riding(), new Riding()];
      const base = { runtime, descriptors, fault, options };
      const { left: seen, right: other } = options.observers ?? {};
      const atRight = end({ ...base, make: joint.right, out: toLeft, in: toRight }, right, other);
      const atLeft = end({ ...base, make: joint.left, out: toRight, in: toLeft }, left, seen);
      atRight.opened();
      atLeft.opened();
      const settle = settleVirtually(runtime);
      const dispose = async (): Promise<void> => {};
      const [one, two] = [atLeft.transport, atRight.transport];
      return { left: one, right: two, settle, [Symbol.asyncDispose]: dispose };
    },
  };
}

const CAPABILITIES: ReadonlySet<Capability> = new Set([...LINK_CAPABILITIES, "descriptors"]);
const ADDRESS: Address = { kind: "loopback", side: "left" };

interface End {
  readonly runtime: Runtime;
  readonly descriptors: PretendedDescriptors;
  readonly fault: PassingFault;
  readonly options: PairOptions;
  readonly make: (facts: Facts) => Wire;
  readonly out: Riding;
  readonly in: Riding;
}

function end(at: End, told: Protocol, observer: Observer | undefined): Flow {
  const { descriptors, fault, options, runtime } = at;
  const protocol: Protocol =
    fault.reason === undefined
      ? told
      : {
          ...told,
          connectionLost: (reason) => told.connectionLost(fault.reason?.(reason) ?? reason),
        };
  return new Flow((facts) => besideBytes(at, facts, protocol), {
    runtime,
    capabilities: CAPABILITIES,
    limits: resolveLimits(options.limits),
    onError: options.onError,
    accept: () => protocol,
    transport: (calls) => new PassingTransport(calls, descriptors),
    ...(observer === undefined ? {} : { observer }),
  });
}

/** What is on its way in one direction, each at the byte that it travels with. */
class Riding {
  readonly riders: { readonly at: number; readonly fd: number }[] = [];
  given = 0;
  taken = 0;
}

/** One end of a plain link, with descriptors beside the bytes. */
function besideBytes(at: End, facts: Facts, protocol: Protocol): Wire {
  const inner = at.make({
    opened: () => facts.opened(),
    received: (chunk) => receive(chunk, at, facts, protocol),
    sent: (byteCount) => facts.sent(byteCount),
    peerEnded: () => facts.peerEnded(),
    sendingEnded: () => facts.sendingEnded(),
    over: (cause) => facts.over(cause),
  });
  return {
    host: inner.host,
    peer: inner.peer,
    send: (chunks, riders = []) => send(chunks, riders, at, inner),
    endSending: () => inner.endSending(),
    pauseReading: () => inner.pauseReading(),
    resumeReading: () => inner.resumeReading(),
    close: () => inner.close(),
    abort: () => inner.abort(),
  };
}

function send(
  chunks: readonly Bytes[],
  riders: readonly Rider[],
  { out, descriptors }: End,
  inner: Wire,
): void {
  for (const [index, rider] of riders.entries()) {
    out.riders.push({
      at: out.given + index,
      fd: descriptors.duplicate((rider as PassingRider).fd),
    });
  }
  for (const { byteLength } of chunks) out.given += byteLength;
  inner.send(chunks);
}

function receive(chunk: Bytes, at: End, facts: Facts, protocol: Protocol): void {
  const { in: riding, fault } = at;
  let from = 0;
  for (let next = riding.riders[0]; next !== undefined; next = riding.riders[0]) {
    const cut = next.at - riding.taken + (fault.isBehind === true ? 1 : 0);
    if (next.at >= riding.taken + chunk.byteLength) break;
    if (cut > from) facts.received(chunk.subarray(from, cut));
    from = Math.max(from, cut);
    riding.riders.shift();
    const rider = arrived(next.fd, at);
    if (fault.ignoresPause === true) rider.deliver(protocol);
    else facts.brought?.(rider);
  }
  riding.taken += chunk.byteLength;
  if (from < chunk.byteLength) facts.received(chunk.subarray(from));
}

function arrived(fd: number, { descriptors, fault }: End): ArrivedRider {
  const discard = (): void => {
    if (fault.keepsUnclaimed !== true) descriptors.close(fd);
  };
  return {
    deliver: (protocol) => {
      const { fileDescriptorReceived } = protocol as DescriptorReceiver;
      if (fileDescriptorReceived === undefined) return discard();
      return fileDescriptorReceived.call(protocol, fd);
    },
    discard,
  };
}

interface PassingRider extends Rider {
  readonly fd: number;
}

function riderWith(
  given: number,
  descriptors: PretendedDescriptors,
  settled: (hasLeft: boolean) => void,
): PassingRider {
  const fd = descriptors.duplicate(given);
  const settle = (hasLeft: boolean): void => {
    descriptors.close(fd);
    settled(hasLeft);
  };
  return { fd, left: () => settle(true), stayed: () => settle(false) };
}

class PassingTransport extends FlowTransport {
  readonly #calls: FlowCalls;
  readonly #descriptors: PretendedDescriptors;

  constructor(calls: FlowCalls, descriptors: PretendedDescriptors) {
    super(calls);
    this.#calls = calls;
    this.#descriptors = descriptors;
  }

  sendFileDescriptor(fd: number): Promise<void> {
    const settled = new Promise<void>((resolve, reject) => {
      const rider = riderWith(fd, this.#descriptors, (hasLeft) => {
        if (hasLeft) resolve();
        else reject(new ClosedError("send a descriptor", { address: this.#calls.host }));
      });
      if (!this.#calls.ride(rider)) rider.stayed();
    });
    settled.catch(() => {});
    return settled;
  }
}
