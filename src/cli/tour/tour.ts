import { rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
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
import { listenToKeys } from "./keys.ts";
import type { PlayedTour } from "./made-tour.ts";
import { makeTour } from "./made-tour.ts";
import { Pace } from "./pace.ts";
import { Screen, shortened, WIDTH } from "./screen.ts";
import { conclude, showSource, showTitle } from "./titles.ts";
import type { Tour } from "./tour-context.ts";
import { MARK } from "./tour-context.ts";
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
  const asked = AbortSignal.any([stopper.draining, quit.signal]);
  const tour = makeTour(screen, wires, folder, asked);
  void aborted(stopper.now).then(() => tour.room.cut(0));
  showTitle(screen, keys.isOn);
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

/** @returns whether all of them were played; not, when somebody asked to stop. */
async function playActs(tour: PlayedTour, pace: Pace, asked: AbortSignal): Promise<boolean> {
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

async function hold({ screen }: Tour, asked: AbortSignal, hasKeys: boolean): Promise<void> {
  const how = hasKeys ? "q ends it" : "an interrupt ends it";
  screen.tell({ event: "held" });
  screen.line();
  screen.line(`The room stays open: join it by any of the commands above; ${how}.`);
  await aborted(asked);
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
  const isShort = tmpdir().length <= PLACE_LENGTH_MAX || process.platform === "win32";
  const place = isShort ? tmpdir() : "/tmp";
  return mkdtemp(join(place, "wall-"));
}

const PLACE_LENGTH_MAX = 20;

function isPlain({ color, plain }: TourOptions): boolean {
  if (plain === true || color === "never") return true;
  if (color !== "auto") return false;
  const { CI = "", NO_COLOR = "" } = process.env;
  return process.stdout.isTTY !== true || NO_COLOR !== "" || CI !== "";
}
