import assert from "node:assert/strict";
import type { Closing } from "./relay-command.ts";
import { RelayCommand } from "./relay-command.ts";
import type { Scratch } from "./scratch.ts";
import type { SocketAddress, SocketWire } from "./socket-address.ts";
import { freshAddress } from "./socket-address.ts";

/** What every interoperation is given. */
export interface Setting {
  readonly scratch: Scratch;
  /** The wire that the client comes by. */
  readonly from: SocketWire;
  /** The wire that the server is on. */
  readonly onto: SocketWire;
  readonly full: boolean;
}

/** What one of them did. */
export interface Passed {
  readonly connections: number;
  readonly bytes: number;
}

/** One program, whose client talks to its server through `overwall relay`. */
export interface Interoperation {
  readonly name: string;
  readonly needs: readonly string[];
  /** The command that tells which version took part. */
  readonly asksVersion: readonly string[];
  run(setting: Setting): Promise<Passed>;
}

/** A relay to `target`, listening on the wire of the setting. */
export function relayTo(
  target: SocketAddress,
  { from, scratch }: Setting,
  options: readonly string[] = [],
): Promise<RelayCommand> {
  return RelayCommand.start(freshAddress(from, scratch), target, options);
}

/**
 * Fails unless the closing lines have exactly these bytes, all in order, and nothing else was said.
 */
export async function assertCarried(
  relay: RelayCommand,
  expected: {
    readonly connections: number;
    readonly toTarget: number;
    readonly fromTarget: number;
  },
): Promise<Passed> {
  const closings = await relay.closings(expected.connections);
  assert.equal(closings.length, expected.connections, "closing lines");
  for (const { kinds } of closings) assert.deepEqual(kinds, ["done", "done"]);
  const sum = (of: (closing: Closing) => number): number =>
    closings.reduce((total, closing) => total + of(closing), 0);
  const toTarget = sum(({ bytesToTarget }) => bytesToTarget);
  const fromTarget = sum(({ bytesFromTarget }) => bytesFromTarget);
  const { connections } = expected;
  assert.deepEqual({ connections, toTarget, fromTarget }, expected);
  const { status, stderr } = await relay.program.stop("SIGTERM");
  assert.equal(stderr, "", "the relay's own words");
  assert.equal(status, 0);
  return { connections, bytes: toTarget + fromTarget };
}
