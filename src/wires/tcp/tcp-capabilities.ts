import type { Capability } from "../../contract/index.ts";

export const TCP_CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  "abort",
  "abortVisible",
  "halfClose",
  "linger",
  "backPressure",
  "listen",
]);

/** On the native driver, which alone knows the descriptor. */
export const NATIVE_TCP_CAPABILITIES: ReadonlySet<Capability> = new Set<Capability>([
  ...TCP_CAPABILITIES,
  "detach",
]);
