import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join, relative } from "node:path";
import type { CloseReason } from "../../contract/index.ts";
import { describeReason } from "../../contract/index.ts";
import { didYouMean } from "../../endpoints/index.ts";
import { EXIT, UsageError } from "../exit-code.ts";
import type { CommonOptions } from "../options.ts";
import type { Reporter } from "../reporter.ts";
import { aborted, Stopper } from "../stopper.ts";
import { messageOf } from "../wording.ts";
import { tellWhy, tryRules } from "./acts/conformance.ts";
import { openDoors } from "./acts/doors.ts";
import { replyLate } from "./acts/late-reply.ts";
import { balance } from "./acts/ledger.ts";
import { sayLines } from "./acts/lines.ts";
import { readSlowly } from "./acts/slow-reader.ts";
import { tryTodaysTools } from "./acts/todays-tools.ts";
import { Books } from "./books.ts";
import { listenToKeys } from "./keys.ts";
import { Notes } from "./notes.ts";
import { Pace } from "./pace.ts";
import { Room } from "./room.ts";
import { Screen, shortened, WIDTH } from "./screen.ts";
import { chatSource } from "./source.ts";
import type { Tour } from "./tour-context.ts";
import { MARK } from "./tour-context.ts";
import { Verdict } from "./verdict.ts";
import { TOUR_WIRES } from "./wires/table.ts";
import type { TourWire } from "./wires/tour-wire.ts";

export interface TourOptions extends CommonOptions {
  readonly plain?: boolean;
  readonly why?: boolean;
  readonly source?: boolean;
  readonly hold?: boolean;
  /** How long to rest after an act. */
  readonly pace?: number;
  /** Only these wires. */
  readonly wire?: readonly string[];
}

/** `overwall tour` */
export async function run(reporter: Reporter, options: TourOptions): Promise<void> {
  const wires = chosen(options.wire);
  const screen = new Screen(reporter, { isPlain: isPlain(options) });
  if (options.source === true) return showSource(screen);
  const folder = await ownFolder();
  const remove = (): void => rmSync(folder, { recursive: true, force: true });
  process.once("exit", remove);
  try {
    if (options.why === true) await tellWhy(screen, wires, folder);
    else await perform(screen, options, wires, folder);
  } finally {
    remove();
    process.off("exit", remove);
  }
}

async function perform(
  screen: Screen,
  options: TourOptions,
  wires: readonly TourWire[],
  folder: string,
): Promise<void> {
  using stopper = new Stopper();
  const quit = new AbortController();
  const isWatched = process.stdout.isTTY === true && options.json !== true;
  const pace = new Pace(options.pace ?? (isWatched ? PACE_MS : 0));
  let isHeld = options.hold === true;
  using keys = listenToKeys(isWatched, {
    source: () => showSource(screen),
    goOn: () => pace.goOn(),
    hold: () => {
      if (!isHeld) screen.line(screen.faint("  the room will stay open at the end"));
      isHeld = true;
    },
    quit: () => quit.abort(),
  });
  const tour = makeTour(screen, wires, folder, AbortSignal.any([stopper.now, quit.signal]));
  const asked = AbortSignal.any([stopper.draining, quit.signal]);
  title(screen, keys.isOn);
  const finished = await playActs(tour, pace, asked);
  if (finished && isHeld) await hold(tour, asked, keys.isOn);
  for (const { open } of tour.doors) await open.stopListening();
  if (finished) {
    await balance(tour);
    conclude(tour);
    return;
  }
  await tour.room.cut(0);
  screen.end();
  screen.tell({ event: "interrupted" });
  screen.line("interrupted: the room is closed, nothing is left behind");
  process.exitCode = EXIT.interrupted;
  await screen.flushed();
  // What an act still waits for would keep the process.
  setImmediate(() => process.exit());
}

const PACE_MS = 2500;

function makeTour(
  screen: Screen,
  wires: readonly TourWire[],
  folder: string,
  signal: AbortSignal,
): Tour & { readonly notes: Notes } {
  const books = new Books();
  const verdict = new Verdict();
  const notes = new Notes(screen);
  const room = new Room(books, {
    memberLost: (wire, name, reason) => {
      const why = causeWords(reason);
      verdict.check(false, wire, `${name} is gone: ${why}`);
      screen.tell({ event: "memberLost", wire, member: name, reason: why });
      notes.always(screen.bad(shortened(`  ${MARK.broken} ${name} is gone: ${why}`, WIDTH)));
    },
    guestCame: (wire, name) => {
      screen.tell({ event: "guestCame", wire, name });
      notes.coming(`${name} came`);
    },
    guestLeft: (wire, name, reason, cut) => {
      screen.tell({ event: "guestLeft", wire, name, reason: describeReason(reason), cut });
      notes.coming(cut === undefined ? `${name} left` : `${name} was cut: ${cut}`);
    },
  });
  return { screen, room, books, verdict, notes, folder, wires, doors: [], signal };
}

/** A reason in a few words: `lost by peer, ERR_WIRE_PROCESS_EXIT, SIGKILL`. */
function causeWords({ by, code, exitCode, kind, signal }: CloseReason): string {
  const details = [code, signal, exitCode === undefined ? undefined : `exit ${exitCode}`];
  return [`${kind} by ${by}`, ...details.filter((detail) => detail !== undefined)].join(", ");
}

/** @returns whether all of them were played; not, when somebody asked to stop. */
async function playActs(
  tour: Tour & { readonly notes: Notes },
  pace: Pace,
  asked: AbortSignal,
): Promise<boolean> {
  const { notes, screen } = tour;
  const overheard = (text: string): void => {
    if (!/^guest-\d+@\S+: /.test(text)) return;
    screen.tell({ event: "heardGuest", text });
    notes.said(text);
  };
  const acts: readonly ((tour: Tour) => Promise<void>)[] = [
    (given) => openDoors(given, overheard),
    sayLines,
    replyLate,
    readSlowly,
    tryRules,
    tryTodaysTools,
  ];
  const stopped = aborted(asked);
  for (const act of acts) {
    await Promise.race([play(act, tour), stopped]);
    if (asked.aborted) return false;
    await Promise.race([pace.rest(), stopped]);
    if (asked.aborted) return false;
  }
  return true;
}

/** What no act expects is a check that failed, and the next one is played all the same. */
async function play(act: (tour: Tour) => Promise<void>, tour: Tour): Promise<void> {
  const { screen, verdict } = tour;
  try {
    await act(tour);
  } catch (error) {
    const what = messageOf(error);
    verdict.check(false, null, what);
    screen.end();
    screen.tell({ event: "error", message: what });
    screen.line(screen.bad(shortened(`  ${MARK.broken} ${what}`, WIDTH)));
  }
}

function title(screen: Screen, hasKeys: boolean): void {
  const { lines, path } = chatSource();
  const source = `source: ${basename(path)}, ${lines.length} lines`;
  screen.tell({ event: "tour", source: path, sourceLines: lines.length });
  const words = "overwall tour: one protocol, every wire";
  const how = hasKeys ? `${source}, s shows it` : `${source} (--source)`;
  screen.line(`${screen.strong(words)}${screen.faint(how.padStart(WIDTH - words.length))}`);
  if (hasKeys) screen.line(screen.faint("keys: space goes on, h holds the room open, q quits"));
}

async function hold({ screen }: Tour, asked: AbortSignal, hasKeys: boolean): Promise<void> {
  const how = hasKeys ? "q ends it" : "an interrupt ends it";
  screen.tell({ event: "held" });
  screen.line();
  screen.line(`The room stays open: join it by any of the commands above; ${how}.`);
  await aborted(asked);
}

function conclude({ screen, verdict }: Tour): void {
  const { checks, faults } = verdict;
  const seconds = (screen.elapsedMs / 1000).toFixed(1);
  const failed = faults.length;
  screen.tell({
    event: "summary",
    checks,
    failed,
    faults,
    durationMs: Math.round(screen.elapsedMs),
  });
  screen.line(
    failed === 0
      ? screen.good(`  ${MARK.held} all ${checks} checks held, in ${seconds} s`)
      : screen.bad(`  ${MARK.broken} ${failed} of ${checks} checks failed, in ${seconds} s`),
  );
  screen.line();
  screen.line("next:  overwall relay tcp://127.0.0.1:8080 unix:///run/app.sock");
  screen.line("       overwall serve chat tcp://127.0.0.1:4000     overwall tour --hold");
  screen.line("       overwall conform tcp://127.0.0.1:0           overwall wires");
  const script = process.argv[1] ?? "";
  if (basename(script) === "main.js") {
    const here = `node ${relative(process.cwd(), script)}`;
    screen.line(
      screen.faint(shortened(`       overwall stands for ${here}, until npm link`, WIDTH)),
    );
  }
  if (failed > 0) process.exitCode = EXIT.failed;
}

function showSource(screen: Screen): void {
  const { lines, path } = chatSource();
  screen.tell({ event: "source", path, text: lines.join("\n") });
  screen.line(screen.faint(`// ${path}`));
  for (const line of lines) screen.line(line);
}

function chosen(keys: readonly string[] | undefined): readonly TourWire[] {
  if (keys === undefined) return TOUR_WIRES;
  const known = TOUR_WIRES.map(({ key }) => key);
  for (const key of keys) {
    if (known.includes(key)) continue;
    const hint = didYouMean(key, known);
    throw new UsageError(`Cannot tour ${key}: it is not one of ${known.join(", ")}${hint}`);
  }
  return TOUR_WIRES.filter(({ key }) => keys.includes(key));
}

/** Short, since the name of a socket may not be long; readable for its owner alone. */
function ownFolder(): Promise<string> {
  const place = tmpdir().length <= PLACE_LENGTH_MAX ? tmpdir() : "/tmp";
  return mkdtemp(join(place, "wall-"));
}

const PLACE_LENGTH_MAX = 20;

function isPlain({ color, plain }: TourOptions): boolean {
  if (plain === true || color === "never") return true;
  if (color !== "auto") return false;
  const { CI = "", NO_COLOR = "" } = process.env;
  return process.stdout.isTTY !== true || NO_COLOR !== "" || CI !== "";
}
