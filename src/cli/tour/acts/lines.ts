import { ALL_SAID, LINE_BYTES, LINES, numberedLine } from "../members/speech.ts";
import type { Door, Tour } from "../tour-context.ts";
import { MARK } from "../tour-context.ts";

const PATIENCE_MS = 15_000;
const CELLS_A_LINE = 4;
const CELL_WIDTH = 19;

/** One says long lines; everybody else tells, over their own wire, what they heard. */
export async function sayLines(tour: Tour): Promise<void> {
  const { doors, screen } = tour;
  const [speaker] = doors.filter(({ member }) => member !== null);
  if (speaker === undefined) return;
  const others = doors.filter((door) => door !== speaker);
  screen.heading(`${speaker.name} says ${LINES} lines of 64 KiB. What the others heard:`);
  const startMs = performance.now();
  const reports = others.map((door) => tour.room.seat(door.wire.key)?.report(PATIENCE_MS));
  for (let number = 1; number <= LINES; number++) speaker.member?.say(numberedLine(number));
  speaker.member?.say(ALL_SAID);
  const put = screen.cells(CELLS_A_LINE, CELL_WIDTH);
  const total = { delivered: 0, inOrder: 0, intact: 0 };
  for (const [index, door] of others.entries()) {
    const heard = (await reports[index]) ?? { lines: 0, inOrder: 0, intact: 0 };
    total.delivered += heard.lines;
    total.inOrder += heard.inOrder;
    total.intact += heard.intact;
    show(tour, door, heard, put);
  }
  screen.end();
  const durationMs = Math.round(performance.now() - startMs);
  const expected = others.length * LINES;
  const bytes = total.intact * LINE_BYTES;
  screen.tell({ event: "lines", from: speaker.name, expected, ...total, bytes, durationMs });
  screen.line(
    `  delivered ${total.delivered}/${expected}, in order ${total.inOrder}/${expected}, ` +
      `SHA-256 right ${total.intact}/${expected}: ${megabytes(bytes)}, ${durationMs} ms`,
  );
}

function show(
  { screen, verdict }: Tour,
  { name, wire }: Door,
  heard: { readonly lines: number; readonly inOrder: number; readonly intact: number },
  put: (words: string, visibleLength: number) => void,
): void {
  const { inOrder, intact, lines } = heard;
  const holds = lines === LINES && inOrder === LINES && intact === LINES;
  verdict.check(holds, wire.key, `${name} heard ${intact} of ${LINES} lines`);
  screen.tell({ event: "heard", wire: wire.key, member: name, of: LINES, ...heard });
  const who = name.slice(0, name.indexOf("@"));
  const mark = holds ? screen.good(MARK.held) : screen.bad(MARK.broken);
  const words = `${who.padEnd(6)} ${Math.min(inOrder, intact)}/${LINES}`;
  put(`${mark} ${words}`, words.length + 2);
}

export function megabytes(bytes: number): string {
  return `${(bytes / 1e6).toFixed(1)} MB`;
}
