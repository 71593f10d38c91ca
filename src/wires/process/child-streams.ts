import type { ChildProcess } from "node:child_process";
import type { Socket } from "node:net";
import type { Limits, OnError, ProcessAddress, Transport } from "../../contract/index.ts";
import type { Intake, IntakeFacts, Outlet, OutletFacts } from "../_drivers/portable/duct.ts";
import { StreamIntake } from "../_drivers/portable/stream-intake.ts";
import { StreamOutlet } from "../_drivers/portable/stream-outlet.ts";
import type { ProcessSeat } from "../_drivers/process-seat.ts";
import type { ChildFds } from "./child-fds.ts";
import { SideFlow } from "./side-flow.ts";
import type { Stillness } from "./stillness.ts";

export interface ChildStreamsOptions {
  readonly child: ChildProcess;
  readonly fds: ChildFds;
  readonly host: ProcessAddress;
  readonly peer: ProcessAddress;
  readonly seat: ProcessSeat;
  readonly limits: Limits;
  readonly onError: OnError;
  readonly stillness: Stillness;
}

/** What is told of them. */
export interface ChildStreamsFacts {
  /** Of the child's standard output. */
  readonly output: IntakeFacts;
  /** Of its standard input. */
  readonly input: OutletFacts;
  /** Any other descriptor is over; standard input and output tell `oneEnded` by their owner. */
  readonly sideEnded: () => void;
}

/** The pipes to a child: its standard output and input, and a flow for every other descriptor. */
export class ChildStreams {
  /** What reads its standard output, if we do. */
  readonly intake: Intake | null;
  /** What writes its standard input, if we do. */
  readonly outlet: Outlet | null;
  /** The transports of the descriptors beyond these two. */
  readonly sides: ReadonlyMap<number, Transport>;
  /** How many pipes there were at the beginning. */
  readonly count: number;
  readonly #sideFlows: ReadonlyMap<number, SideFlow>;

  constructor(options: ChildStreamsOptions, facts: ChildStreamsFacts) {
    const { child, fds, stillness } = options;
    const output = child.stdout as Socket | null;
    const input = child.stdin as Socket | null;
    const makeIntake = (told: IntakeFacts): Intake => new StreamIntake(output as Socket, told);
    this.intake = output && stillness.watch(makeIntake)(facts.output);
    this.outlet = input && new StreamOutlet(input, facts.input);
    this.#sideFlows = new Map(
      Object.keys(fds)
        .map(Number)
        .flatMap((childFD) => {
          const stream = child.stdio[childFD] as Socket | null | undefined;
          if (childFD <= 1 || stream === null || stream === undefined) return [];
          return [[childFD, sideOf(childFD, stream, options, facts.sideEnded)] as const];
        }),
    );
    this.sides = new Map([...this.#sideFlows].map(([fd, { flow }]) => [fd, flow.transport]));
    this.count = this.sides.size + (output === null ? 0 : 1) + (input === null ? 0 : 1);
  }

  openSides(): void {
    for (const side of this.#sideFlows.values()) side.open();
  }

  discardSides(): void {
    for (const side of this.#sideFlows.values()) side.discard();
  }

  /** Lets go of every descriptor; calls `done` when standard input and output are closed. */
  close(done: () => void): void {
    const ducts = [this.intake, this.outlet].filter((duct) => duct !== null);
    let openCount = ducts.length + 1;
    const closed = (): void => {
      openCount--;
      if (openCount === 0) done();
    };
    for (const duct of ducts) duct.close(closed);
    for (const side of this.#sideFlows.values()) side.cut();
    setImmediate(closed);
  }
}

function sideOf(
  childFD: number,
  stream: Socket,
  { fds, host, peer, seat, limits, onError, stillness }: ChildStreamsOptions,
  ended: () => void,
): SideFlow {
  const isRead = fds[childFD] === "r";
  // What the child writes where it should read is dropped; so its closing that end is noticed.
  if (!isRead) stream.resume();
  const ducts = isRead
    ? { intake: stillness.watch((facts) => new StreamIntake(stream, facts)) }
    : { outlet: (facts: OutletFacts) => new StreamOutlet(stream, facts) };
  return new SideFlow({ childFD, host, peer, ducts, seat, limits, onError, ended });
}
