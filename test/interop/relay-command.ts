import { fileURLToPath } from "node:url";
import type { Address } from "../../src/contract/index.ts";
import { Program } from "./program.ts";
import type { SocketAddress } from "./socket-address.ts";
import { socketAddressOf, urlOf } from "./socket-address.ts";

/** The compiled command. */
export const OVERWALL: string = fileURLToPath(new URL("../../src/cli/main.js", import.meta.url));

/** The closing line of one relayed connection. */
export interface Closing {
  readonly bytesToTarget: number;
  readonly bytesFromTarget: number;
  /** What the line says of why it ended, on either side. */
  readonly kinds: readonly [string, string];
}

/** `overwall relay --json LISTEN CONNECT`, at work in a process of its own. */
export class RelayCommand implements AsyncDisposable {
  /** Where it listens. */
  readonly at: SocketAddress;
  readonly program: Program;

  private constructor(program: Program, at: SocketAddress) {
    this.program = program;
    this.at = at;
  }

  static async start(
    from: SocketAddress,
    onto: SocketAddress,
    options: readonly string[] = [],
  ): Promise<RelayCommand> {
    const args = [OVERWALL, "relay", "--json", ...options, urlOf(from), urlOf(onto)];
    const program = new Program(process.execPath, args);
    const at = await program.until(({ stdout }) => addressIn(stdout));
    return new RelayCommand(program, at);
  }

  /** Resolves to the closing lines when there are so many. */
  async closings(howMany: number): Promise<readonly Closing[]> {
    return await this.program.until(({ stdout }) => {
      const closings = closingsIn(stdout);
      return closings.length >= howMany ? closings : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
  }
}

/** Where a relay with these events listens, once it does. */
export function addressIn(events: string): SocketAddress | undefined {
  const listening = eventsIn(events).find(({ event }) => event === "listening");
  return listening && socketAddressOf(listening["address"] as Address);
}

/** The closing lines among these events. */
export function closingsIn(events: string): Closing[] {
  return eventsIn(events)
    .filter(({ event }) => event === "closed")
    .map(closingOf);
}

interface Event {
  readonly event: string;
  readonly [fact: string]: unknown;
}

/** The whole lines that are there; the last one may still be on its way. */
function eventsIn(stdout: string): Event[] {
  const lines = stdout.split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as Event);
}

function closingOf(event: Event): Closing {
  const { bytes, left, right } = event as unknown as ClosedEvent;
  const { leftToRight: bytesToTarget, rightToLeft: bytesFromTarget } = bytes;
  return { bytesToTarget, bytesFromTarget, kinds: [left.kind, right.kind] };
}

interface ClosedEvent {
  readonly bytes: { readonly leftToRight: number; readonly rightToLeft: number };
  readonly left: { readonly kind: string };
  readonly right: { readonly kind: string };
}
