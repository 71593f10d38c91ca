import type { Damage, EndDamage, Overrides, Spot } from "./damage.ts";

/** One fault, and the case that must catch it. */
export interface Fault {
  readonly caught: string;
  /** What is wrong, as a sentence about the wire. */
  readonly fault: string;
  readonly damage: Damage;
}

/** A fault of any kind. */
export function broken(caught: string, fault: string, damage: Damage): Fault {
  return { caught, fault, damage };
}

/** A fault at the ends of a connection. */
export function brokenEnd(caught: string, fault: string, end: (spot: Spot) => EndDamage): Fault {
  return { caught, fault, damage: { end } };
}

/** A fault in what a transport does. */
export function brokenCall(
  caught: string,
  fault: string,
  transport: (spot: Spot) => Overrides,
): Fault {
  return brokenEnd(caught, fault, (spot) => ({ transport: transport(spot) }));
}

/** A fault in what a protocol is told. */
export function brokenTelling(
  caught: string,
  fault: string,
  protocol: (spot: Spot) => NonNullable<EndDamage["protocol"]>,
): Fault {
  return brokenEnd(caught, fault, (spot) => ({ protocol: protocol(spot) }));
}
