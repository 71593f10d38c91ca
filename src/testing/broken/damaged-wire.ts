import type { Limits, Observer, Protocol, Runtime, Transport } from "../../contract/index.ts";
import type { MemoryTransport } from "../../memory/index.ts";
import { loopback, VirtualRuntime } from "../../memory/index.ts";
import { loopbackWire } from "../loopback-wire.ts";
import { settleVirtually } from "../settle.ts";
import type { PairOptions, WireUnderTest } from "../wire-under-test.ts";
import type { Damage, EndDamage, Spot } from "./damage.ts";
import { ShellTransport } from "./shell-transport.ts";

/** The library's loopback in virtual time, with `damage` done to it. */
export function damagedWire(name: string, damage: Damage): WireUnderTest {
  const virtual = new VirtualRuntime();
  const runtime = damage.runtime?.(virtual) ?? virtual;
  const settle = settleVirtually(virtual);
  const sound = loopbackWire({ runtime: virtual });
  const capabilities = new Set(sound.capabilities);
  if (damage.without !== undefined) capabilities.delete(damage.without);
  return {
    name,
    capabilities,
    pair: async (left, right, given) => {
      const options = damage.options?.(given) ?? given;
      const spots = joinSpots(left, right, damage, runtime, options.limits);
      loopback(spots.left.protocol, spots.right.protocol, {
        runtime,
        limits: options.limits,
        onError: options.onError,
        observers: damagedObservers(options, spots.left, spots.right),
      });
      const { left: atLeft, right: atRight } = spots;
      const dispose = async (): Promise<void> => {};
      return { left: atLeft.shell, right: atRight.shell, settle, [Symbol.asyncDispose]: dispose };
    },
    endpoint: async (options) => {
      const place = await sound.endpoint?.(options);
      if (place === undefined) throw new Error("the sound wire has no endpoint");
      return damage.place?.(place, runtime) ?? place;
    },
  };
}

function joinSpots(
  left: Protocol,
  right: Protocol,
  damage: Damage,
  runtime: Runtime,
  limits: Partial<Limits>,
): { readonly left: DamagedEnd; readonly right: DamagedEnd } {
  const atLeft = new DamagedEnd(left, damage, runtime, limits);
  const atRight = new DamagedEnd(right, damage, runtime, limits);
  atLeft.other = atRight;
  atRight.other = atLeft;
  return { left: atLeft, right: atRight };
}

function damagedObservers(
  { observers = {} }: PairOptions,
  left: DamagedEnd,
  right: DamagedEnd,
): { readonly left?: Observer; readonly right?: Observer } {
  return {
    ...(observers.left === undefined ? {} : { left: left.observing(observers.left) }),
    ...(observers.right === undefined ? {} : { right: right.observing(observers.right) }),
  };
}

/**
 * One end: the right transport in a shell, the right protocol in a wrapper, and the damage to both.
 */
class DamagedEnd implements Spot {
  /** What the loopback is given. */
  readonly protocol: Protocol;
  readonly base: Protocol;
  readonly runtime: Runtime;
  readonly limits: Partial<Limits>;
  inner!: MemoryTransport;
  shell!: ShellTransport;
  other!: Spot;
  isInMade = false;
  isLost = false;
  readonly #damage: EndDamage;

  constructor(told: Protocol, damage: Damage, runtime: Runtime, limits: Partial<Limits>) {
    this.runtime = runtime;
    this.limits = limits;
    this.base = this.#passingOn(told);
    this.#damage = damage.end?.(this) ?? {};
    this.protocol = { ...this.base, ...this.#damage.protocol };
  }

  get isClosing(): boolean {
    return this.shell.isClosing;
  }

  get isHalfClosed(): boolean {
    return this.shell.isHalfClosed;
  }

  later(task: () => void): void {
    this.runtime.turn.later(task);
  }

  observing(observer: Observer): Observer {
    return this.#damage.observer?.(observer) ?? observer;
  }

  #passingOn(told: Protocol): Protocol {
    return {
      connectionMade: (transport: Transport) => {
        this.inner = transport as MemoryTransport;
        this.shell = new ShellTransport(this.inner, this.#damage.transport ?? {});
        this.isInMade = true;
        const answer = told.connectionMade(this.shell);
        this.isInMade = false;
        return answer;
      },
      dataReceived: (data) => told.dataReceived(data),
      connectionLost: (reason) => {
        this.isLost = true;
        return told.connectionLost(reason);
      },
      writeConnectionLost: () => told.writeConnectionLost?.(),
      ...(told.readConnectionLost === undefined
        ? {}
        : { readConnectionLost: () => told.readConnectionLost?.() }),
    };
  }
}
