import type { LifeEvent, Phase, Reading, Sending } from "../src/flow/life.ts";
import { Life, PHASES, READING, SENDING } from "../src/flow/life.ts";
import { writeDrawnPage } from "./drawn-page.ts";

/** docs/states.md: the life of a connection, drawn from the table that the code runs on. */
export function drawStates(): string {
  const sections = [
    INTRODUCTION,
    draw("Phases", PHASE_TEXT, PHASES, (from, event) => move({ phase: from }, event)?.phase),
    draw("Reading", READING_TEXT, READING, (from, event) => moveLive("reading", from, event)),
    draw("Sending", SENDING_TEXT, SENDING, (from, event) => moveLive("sending", from, event)),
    drawCells(),
  ];
  return `${sections.join("\n\n")}\n`;
}

/** Cells of reading × sending that events lead to, in the order of the tables. */
export function reachableCells(): readonly string[] {
  const seen = new Map<string, Life>();
  const next: Life[] = [new Life()];
  for (let life = next.shift(); life !== undefined; life = next.shift()) {
    const name = `${life.phase} ${cellName(life.reading, life.sending)}`;
    if (seen.has(name)) continue;
    seen.set(name, life);
    for (const event of EVENTS) {
      const after = move(life, event);
      if (after !== null) next.push(after);
    }
  }
  const reached = [...seen.values()].filter(({ phase }) => phase === "live");
  const names = new Set(reached.map(({ reading, sending }) => cellName(reading, sending)));
  return allCells().filter((name) => names.has(name));
}

/** All twenty, as `open × held`. */
export function allCells(): readonly string[] {
  return names(READING).flatMap((reading) =>
    names(SENDING).map((sending) => cellName(reading, sending)),
  );
}

/** Where `event` leads from there; null where it is refused. */
export function move(
  from: { readonly phase?: Phase; readonly reading?: Reading; readonly sending?: Sending },
  event: LifeEvent,
): Life | null {
  const { phase = "opening", reading = "open", sending = "open" } = from;
  const life = Life.at(phase, reading, sending);
  return life.step(event) ? life : null;
}

export const EVENTS: readonly LifeEvent[] = [
  "opened",
  "lose",
  "loseWrite",
  "hold",
  "release",
  "drained",
  "peerEnded",
  "emptied",
  "sendingEnded",
  "switched",
  "leave",
  "over",
];

type Moved = string | undefined;

/** One direction while live, the other one wherever the event can happen. */
function moveLive<D extends "reading" | "sending">(
  direction: D,
  from: Life[D],
  event: LifeEvent,
): Moved {
  const others = direction === "reading" ? names(SENDING) : names(READING);
  for (const other of others) {
    const cell =
      direction === "reading"
        ? { reading: from, sending: other }
        : { reading: other, sending: from };
    const after = move({ phase: "live", ...cell } as Parameters<typeof move>[0], event);
    if (after?.phase === "live") return after[direction];
  }
  return undefined;
}

/** A picture of the moves, and a table of everything: `·` stays where it is, `–` cannot happen. */
function draw<State extends string>(
  title: string,
  text: string,
  states: { readonly [S in State]: unknown },
  moved: (from: State, event: LifeEvent) => Moved,
): string {
  const all = names(states);
  const events = EVENTS.filter((event) => all.some((state) => isNews(state, moved(state, event))));
  const arrows = all.flatMap((state) =>
    events
      .filter((event) => isNews(state, moved(state, event)))
      .map((event) => `  ${state} --> ${moved(state, event)} : ${event}`),
  );
  const rows = all.map((state) => {
    const fields = events.map((event) => {
      const to = moved(state, event);
      return to === undefined ? "–" : to === state ? "·" : to;
    });
    return `| **${state}** | ${fields.join(" | ")} |`;
  });
  return [
    `## ${title}`,
    text,
    ["```mermaid", "stateDiagram-v2", `  [*] --> ${all[0]}`, ...arrows, "```"].join("\n"),
    [`| | ${events.join(" | ")} |`, `| --- |${" --- |".repeat(events.length)}`, ...rows].join("\n"),
  ].join("\n\n");
}

function drawCells(): string {
  const reachable = new Set(reachableCells());
  const sendings = names(SENDING);
  const rows = names(READING).map((reading) => {
    const fields = sendings.map((sending) => mark(reading, sending, reachable));
    return `| **${reading}** | ${fields.join(" | ")} |`;
  });
  return [
    "## The cells of a live connection",
    CELLS_TEXT,
    [
      `| reading \\ sending | ${sendings.join(" | ")} |`,
      `| --- |${" --- |".repeat(sendings.length)}`,
      ...rows,
    ].join("\n"),
  ].join("\n\n");
}

function mark(reading: Reading, sending: Sending, reachable: ReadonlySet<string>): string {
  if (!reachable.has(cellName(reading, sending))) return "unreachable";
  if (reading === "discarding" && sending === "ended") return "lingering";
  if (reading === "ended" && sending === "ended") return "complete";
  return "yes";
}

function isNews(state: string, to: Moved): boolean {
  return to !== undefined && to !== state;
}

function cellName(reading: Reading, sending: Sending): string {
  return `${reading} × ${sending}`;
}

function names<State extends string>(states: { readonly [S in State]: unknown }): State[] {
  return Object.keys(states) as State[];
}

const INTRODUCTION = `# The life of a connection

Drawn from \`src/flow/life.ts\` by \`node build/tools/draw-states.js\`; do not edit. A test fails
when this page and the code differ. In the tables \`·\` means that the event changes nothing there,
\`–\` that it cannot happen; an event that is not in a table changes nothing in any of its states.

A connection is *opening*, then lives in two directions at once, reading × sending, then is
*leaving* (\`close\` or \`abort\` was asked of the wire), then is over.`;

const PHASE_TEXT =
  "`leave` asks the wire to let go; `over` is its answer, or comes by itself. Over is for good.";

const READING_TEXT = `*Ending*: the peer has ended, unread bytes come first. *Discarding*: we
close, and read on only so that a peer that still talks cannot destroy what is on its way to it.
\`switched\`: another protocol took over, and is told the end again.`;

const SENDING_TEXT = `*Held*: an end is asked for, and a registered producer holds it. *Draining*:
what is queued is being sent. *Ending*: our end is asked of the wire, not yet confirmed.
\`sendingEnded\` may come unasked: the peer takes no more.`;

const CELLS_TEXT = `\`lose\` moves both directions, so that nobody discards what a peer says while
our own direction is still simply open.`;

writeDrawnPage(import.meta.url, { place: "docs/states.md", draw: drawStates });
