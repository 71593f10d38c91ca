import type { Limits, OnError, ProcessAddress, Transport } from "../../contract/index.ts";
import type { Intake, IntakeFacts, MakeIntake, Outlet, OutletFacts } from "../_drivers/duct.ts";
import type { ProcessSeat } from "../_drivers/process-seat.ts";
import type { ChildFds } from "./child-fds.ts";
import { isPiped } from "./child-fds.ts";
import type { ChildPipes } from "./child-pipes.ts";
import { SideFlow } from "./side-flow.ts";
import type { Stillness } from "./stillness.ts";

export interface ChildStreamsOptions {
  readonly pipes: ChildPipes;
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
    const { fds, pipes, stillness } = options;
    const makeIntake: MakeIntake = (told) => pipes.intake(1, told);
    this.intake = isPiped(fds[1]) ? stillness.watch(makeIntake)(facts.output) : null;
    this.outlet = isPiped(fds[0]) ? pipes.outlet(0, facts.input) : null;
    const sides = Object.keys(fds)
      .map(Number)
      .filter((childFD) => childFD > 1 && isPiped(fds[childFD]));
    this.#sideFlows = new Map(
      sides.map((childFD) => [childFD, sideOf(childFD, options, facts.sideEnded)]),
    );
    this.sides = new Map([...this.#sideFlows].map(([fd, { flow }]) => [fd, flow.transport]));
    this.count = sides.length + (this.intake === null ? 0 : 1) + (this.outlet === null ? 0 : 1);
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
  { fds, host, peer, pipes, seat, limits, onError, stillness }: ChildStreamsOptions,
  ended: () => void,
): SideFlow {
  const ducts =
    fds[childFD] === "r"
      ? { intake: stillness.watch((facts) => pipes.intake(childFD, facts)) }
      : { outlet: (facts: OutletFacts) => pipes.outlet(childFD, facts) };
  return new SideFlow({ childFD, host, peer, ducts, seat, limits, onError, ended });
}
