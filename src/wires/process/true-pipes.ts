import type { ChildProcess } from "node:child_process";
import { systemRuntime } from "../../flow/index.ts";
import type { Intake, IntakeFacts, Outlet, OutletFacts } from "../_drivers/duct.ts";
import { adoptEnd } from "../_drivers/native/native-duct.ts";
import type { SlotEnd } from "../_drivers/native/native-intake.ts";
import { NativeIntake } from "../_drivers/native/native-intake.ts";
import { NativeOutlet } from "../_drivers/native/native-outlet.ts";
import type { Reactor } from "../_drivers/native/reactor.ts";
import { reactor } from "../_drivers/native/reactor.ts";
import { TRAIT } from "../_drivers/native/slot-traits.ts";
import { systemError } from "../_drivers/native/system-error.ts";
import type { ChildFds } from "./child-fds.ts";
import { stdioOf } from "./child-fds.ts";
import type { ChildPipes } from "./child-pipes.ts";

/**
 * Pipes as a shell makes them: a child that writes where nobody reads is told so by SIGPIPE, even
 * while it waits. Every end is close-on-exec: no other child gets one.
 */
export class TruePipes implements ChildPipes {
  readonly driver = "native";
  readonly stdio: ReturnType<typeof stdioOf>;
  readonly #here: Reactor = reactor();
  readonly #fds: ChildFds;
  /** Ends that nothing else closes, by the child's numbers. */
  readonly #ours: Map<number, number> = new Map();
  readonly #theirs: number[] = [];
  readonly #slots: Map<number, SlotEnd> = new Map();
  #child: ChildProcess | null = null;

  /** @throws the system's error; nothing is left open then. */
  constructor(fds: ChildFds) {
    this.#fds = fds;
    try {
      this.stdio = stdioOf(fds, (childFD) => this.#make(childFD));
    } catch (error) {
      this.#closeAll();
      throw error;
    }
  }

  given(): void {
    for (const fd of this.#theirs.splice(0)) this.#here.addon.closeDescriptor(fd);
  }

  begin(child: ChildProcess): void {
    this.#child = child;
    for (const [childFD, fd] of this.#ours) {
      const { oneWay, reads, writes } = TRAIT;
      // It is closed even if it cannot be adopted.
      this.#ours.delete(childFD);
      const traits = this.#fds[childFD] === "r" ? reads : writes | oneWay;
      this.#slots.set(childFD, adoptEnd(this.#here, fd, traits));
    }
  }

  intake(childFD: number, facts: IntakeFacts): Intake {
    return new NativeIntake(this.#here, this.#take(childFD), facts);
  }

  outlet(childFD: number, facts: OutletFacts): Outlet {
    const outlet = new NativeOutlet(this.#here, this.#take(childFD), facts, "close");
    // Something that it started may hold the other end: what is written is the child's alone.
    if (childFD === 0) this.#child?.once("exit", () => outlet.close(() => facts.ended()));
    return outlet;
  }

  async letGo(): Promise<void> {
    this.#closeAll();
    for (const { slot } of this.#slots.values()) this.#here.close(slot);
    this.#slots.clear();
    await new Promise<void>((resolve) => systemRuntime().turn.later(resolve));
  }

  #make(childFD: number): number {
    const made = this.#here.addon.makePipe(this.#fds[childFD] === "r");
    if (typeof made === "number") throw systemError(-made, "pipe");
    const [ours, theirs] = made;
    this.#ours.set(childFD, ours);
    this.#theirs.push(theirs);
    return theirs;
  }

  #take(childFD: number): SlotEnd {
    const end = this.#slots.get(childFD);
    if (end === undefined) throw new RangeError(`there is no pipe to descriptor ${childFD}`);
    this.#slots.delete(childFD);
    return end;
  }

  #closeAll(): void {
    this.given();
    for (const fd of this.#ours.values()) this.#here.addon.closeDescriptor(fd);
    this.#ours.clear();
  }
}
