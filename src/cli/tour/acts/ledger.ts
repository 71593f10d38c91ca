import { describeReason } from "../../../contract/index.ts";
import { counted } from "../../wording.ts";
import type { WireAccount } from "../books.ts";
import type { Farewell } from "../room.ts";
import { shortened, WIDTH } from "../screen.ts";
import type { Door, Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";
import { megabytes } from "./lines.ts";

/**
 * The room ends its direction to everybody; behind that end each member tells what it was given,
 * and closes. Then every byte has to be somewhere.
 */
export async function balance(tour: Tour): Promise<void> {
  const { books, doors, screen, verdict } = tour;
  screen.heading("The room ends. Every byte, every close:");
  const farewells = await tour.room.farewell();
  screen.line(screen.faint(`     wire          in        out       lost  closes  how`));
  for (const door of doors) showWire(tour, door, farewells.get(door.wire.key));
  const total = books.total;
  const reasons = [...total.reasons.values()].reduce((sum, count) => sum + count, 0);
  verdict.check(total.unaccounted === 0, null, `${total.unaccounted} bytes unaccounted for`);
  screen.tell({
    event: "ledger",
    wires: doors.length,
    ...factsOf(total),
    reasonCount: reasons,
  });
  screen.line(
    `  ${counted(doors.length, "wire")} · ${megabytes(total.bytesIn)} in · ` +
      `${megabytes(total.bytesOut)} out · ${total.unaccounted} bytes unaccounted · ` +
      `${total.closes} closes, ${reasons} reasons`,
  );
}

function showWire(tour: Tour, { name, wire }: Door, farewell: Farewell | undefined): void {
  const { books, screen, verdict } = tour;
  const account = books.of(wire.key);
  const reason = farewell?.reason ?? null;
  const isDone = reason?.kind === "done";
  verdict.check(farewell?.account !== null, wire.key, `${name} said no goodbye`);
  verdict.check(isDone, wire.key, reason === null ? `${name} did not end` : describeReason(reason));
  verdict.check(account.unaccounted === 0, wire.key, `${account.unaccounted} bytes unaccounted`);
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
    String(account.unaccounted).padStart(8),
    String(account.closes).padStart(6),
    ` ${[...account.reasons].map(([words, count]) => `${words} ${count}×`).join(", ")}`,
  ].join(" ");
  const line = shortened(`  ${row}`, WIDTH);
  screen.line(faults.length === 0 ? line : screen.bad(line));
  for (const fault of faults) screen.line(screen.bad(shortened(`      ${fault}`, WIDTH)));
}

function factsOf({ bytesIn, bytesOut, closes, reasons, unaccounted }: WireAccount): object {
  return { bytesIn, bytesOut, unaccounted, closes, reasons: Object.fromEntries(reasons) };
}
