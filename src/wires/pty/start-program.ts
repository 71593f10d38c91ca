import type { ProcessAddress } from "../../contract/index.ts";
import { ConnectError, formatAddress, WireError } from "../../contract/index.ts";
import type { Meaning } from "../_drivers/errno.ts";
import { meaningForSpawn } from "../_drivers/errno.ts";
import { adopted } from "../_drivers/native/native-duct.ts";
import type { Reactor } from "../_drivers/native/reactor.ts";
import { TRAIT } from "../_drivers/native/slot-traits.ts";
import { systemError } from "../_drivers/native/system-error.ts";
import type { ResolvedPty } from "./pty-options.ts";

/** A program that runs on a terminal, in two slots of the reactor. */
export interface Running {
  /** Where it is written and read. */
  readonly master: number;
  /** Where its exit shows. */
  readonly watch: number;
  readonly pid: number;
}

/** @throws {ConnectError} naming the program, and what is wrong with it. */
export function startProgram(here: Reactor, options: ResolvedPty): Running {
  const { args, argv0, command, cwd, size, isRaw } = options;
  const env = environmentOf(options);
  const told = here.addon.startOnTerminal(
    candidatesOf(command, env["PATH"]),
    [argv0, ...args],
    Object.entries(env).map(([name, value]) => `${name}=${value}`),
    cwd,
    size.columns,
    size.rows,
    isRaw,
  );
  const [first, second, pid] = told;
  if (pid === undefined) throw refusal(options, systemError(-first, "spawn", command), second);
  try {
    return { ...adoptBoth(here, first, second), pid };
  } catch (error) {
    here.addon.endProgram(pid);
    throw refusal(options, error instanceof Error ? error : new Error(String(error)), AT_WATCH);
  }
}

/** @throws the system's error; both are closed then. */
function adoptBoth(here: Reactor, master: number, watch: number): Omit<Running, "pid"> {
  const { reads, writes, terminal, process: watches } = TRAIT;
  const slots: number[] = [];
  try {
    slots.push(adopted(here, master, reads | writes | terminal));
    slots.push(adopted(here, watch, watches));
  } catch (error) {
    // The one that failed is closed already.
    const [slot] = slots;
    if (slot === undefined) here.addon.closeDescriptor(watch);
    else here.close(slot);
    throw error;
  }
  const [first, second] = slots as [number, number];
  return { master: first, watch: second };
}

/** A program on a terminal is told which kind it is, as a login would. */
function environmentOf({ env }: ResolvedPty): Readonly<Record<string, string>> {
  if (env !== "inherit") return env;
  const ours: Record<string, string> = { TERM: "xterm-256color" };
  for (const [name, value] of Object.entries(process.env))
    if (value !== undefined) ours[name] = value;
  return ours;
}

/** Where the system looks without a PATH. */
const SYSTEM_PATH = "/usr/local/bin:/bin:/usr/bin";

function candidatesOf(command: string, path: string = SYSTEM_PATH): string[] {
  if (command.includes("/")) return [command];
  return path.split(":").map((folder) => `${folder === "" ? "." : folder}/${command}`);
}

const AT_TERMINAL = 1;
const AT_FOLDER = 2;
/** It runs, and cannot be watched. */
const AT_WATCH = 0;

function refusal(options: ResolvedPty, error: Error, stage: number): ConnectError {
  const { args, command } = options;
  const address: ProcessAddress = { kind: "process", command, args, pid: null };
  const { code, why } = meaningAt(options, error, stage);
  const cause = new WireError(code, why, { cause: error, address });
  const target = formatAddress(address).replace(/^process:/, "pty:");
  return new ConnectError(code, target, why, [{ address, error: cause }], {
    cause: error,
  });
}

function meaningAt({ cwd }: ResolvedPty, error: Error, stage: number): Meaning {
  const meaning = meaningForSpawn(error);
  if (stage === AT_FOLDER) return { ...meaning, why: `cwd, ${cwd}, cannot be entered` };
  if (stage === AT_WATCH) {
    return { code: "ERR_WIRE_BROKEN", why: `it cannot be watched (${error.message})` };
  }
  if (stage !== AT_TERMINAL) return meaning;
  return { code: "ERR_WIRE_BROKEN", why: `no terminal can be had (${error.message})` };
}
