import { describeReason } from "../../../contract/index.ts";
import { counted } from "../../wording.ts";
import type { WireAccount } from "../books.ts";
import type { Farewell } from "../room.ts";
import { folded, shortened, WIDTH } from "../screen.ts";
import type { Door, Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";
import { megabytes } from "./lines.ts";

const SETTLE_MS = 5000;

/**
 * The room ends its direction to everybody; behind that end each member tells what it was given,
 * and closes. Then every byte has to be somewhere.
 */
export async function balance(tour: Tour): Promise<void> {
  const { books, doors, screen, verdict } = tour;
  screen.heading("The room ends. Every byte, every close:");
  const farewells = await tour.room.farewell();
  await books.settled(SETTLE_MS);
  screen.line(screen.faint(`     wire          in       out      lost closes  how`));
  for (const door of doors) showWire(tour, door, farewells.get(door.wire.key));
  const total = books.total;
  const { closes, ends } = total;
  verdict.check(closes === ends, null, `${closes} of ${ends} ends were told why`);
  verdict.check(total.unaccounted === 0, null, `${total.unaccounted} bytes unaccounted for`);
  screen.tell({
    event: "ledger",
    wires: doors.length,
    ...factsOf(total),
  });
  const words =
    `${counted(doors.length, "wire")} · ${megabytes(total.bytesIn)} in · ` +
    `${megabytes(total.bytesOut)} out · ` +
    `${total.unaccounted.toLocaleString("en-US")} B unaccounted · ${ends} ends, ${closes} reasons`;
  for (const part of folded(words, WIDTH - 2)) screen.line(`  ${part}`);
}

function showWire(tour: Tour, { name, wire }: Door, farewell: Farewell | undefined): void {
  const { books, screen, verdict } = tour;
  const account = books.of(wire.key);
  const reason = farewell?.reason ?? null;
  const isDone = reason?.kind === "done";
  // One that was lost before has been told of, with its reason.
  const wasHere = verdict.faultsOf(wire.key).length === 0;
  if (wasHere) {
    verdict.check((farewell?.account ?? null) !== null, wire.key, `${name} said no goodbye`);
    const why = reason === null ? `${name} did not end` : describeReason(reason);
    verdict.check(isDone, wire.key, why);
    verdict.check(account.unaccounted === 0, wire.key, `${account.unaccounted} bytes are missing`);
  }
  const faults = verdict.faultsOf(wire.key);
  screen.tell({
    event: "account",
    wire: wire.key,
    member: name,
    held: faults.length === 0,
    faults,
    ...factsOf(account),
  });
  const row = [
    faults.length === 0 ? MARK.held : MARK.broken,
    wire.title.padEnd(12),
    megabytes(account.bytesIn).padStart(9),
    megabytes(account.bytesOut).padStart(9),
    account.unaccounted.toLocaleString("en-US").padStart(9),
    String(account.closes).padStart(6),
    ` ${howWords(account)}`,
  ].join(" ");
  const line = shortened(`  ${row}`, WIDTH);
  screen.line(faults.length === 0 ? line : screen.bad(line));
  for (const fault of faults) screen.line(screen.bad(shortened(`      ${fault}`, WIDTH)));
}

/** `done us 2, peer 3; lost peer 1`: kinds, by whom, how often. */
function howWords({ reasons }: WireAccount): string {
  const kinds = new Map<string, string[]>();
  for (const [words, count] of reasons) {
    const [kind = "", by = ""] = words.split("/");
    kinds.set(kind, [...(kinds.get(kind) ?? []), `${by} ${count}`]);
  }
  return [...kinds].map(([kind, bys]) => `${kind} ${bys.sort().reverse().join(", ")}`).join("; ");
}

function factsOf({ reasons, ...numbers }: WireAccount): object {
  return { ...numbers, reasons: Object.fromEntries(reasons) };
}
