import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { ProcessAddress } from "../../contract/index.ts";
import { ConnectError, formatAddress, WireError } from "../../contract/index.ts";
import type { Meaning } from "../_drivers/errno.ts";
import { errnoOf, meaningForSpawn } from "../_drivers/errno.ts";
import type { ChildPipes } from "./child-pipes.ts";
import type { ResolvedOptions } from "./process.ts";
import { StreamPipes } from "./stream-pipes.ts";
import { TruePipes } from "./true-pipes.ts";

/** A program that runs, with none of its output read. */
export interface Started {
  readonly child: ChildProcess;
  readonly pipes: ChildPipes;
}

/**
 * Starts the program; resolves in the turn in which it runs.
 *
 * @throws {ConnectError} naming the program, and what is wrong with it; none of its pipes is left.
 */
export async function spawnChild(options: ResolvedOptions): Promise<Started> {
  let pipes: ChildPipes | undefined;
  try {
    pipes = options.driver === "native" ? new TruePipes(options.fds) : new StreamPipes(options.fds);
    return { child: await run(options, pipes), pipes };
  } catch (error) {
    await pipes?.letGo();
    throw refusal(options, error instanceof Error ? error : new Error(String(error)));
  }
}

/** @throws the system's error. */
function run(options: ResolvedOptions, pipes: ChildPipes): Promise<ChildProcess> {
  const { args, argv0, command, cwd, env, gid, uid } = options;
  return new Promise((resolve, reject) => {
    let child: ChildProcess | undefined;
    try {
      child = spawn(command, args, {
        env: env === "inherit" ? process.env : { ...env },
        stdio: pipes.stdio,
        windowsHide: true,
        ...(argv0 !== undefined && { argv0 }),
        ...(cwd !== undefined && { cwd }),
        ...(uid !== undefined && { uid }),
        ...(gid !== undefined && { gid }),
      });
      // Stays: a child that cannot be killed says so here, and would end this process otherwise.
      child.on("error", reject);
      child.once("spawn", () => resolve(child as ChildProcess));
      pipes.begin(child);
    } catch (error) {
      child?.kill("SIGKILL");
      reject(error);
    } finally {
      pipes.given();
    }
  });
}

function refusal(options: ResolvedOptions, error: Error): ConnectError {
  const { args, command } = options;
  const address: ProcessAddress = { kind: "process", command, args, pid: null };
  const { code, why } = meaningOf(options, error);
  const cause = new WireError(code, why, { cause: error, address });
  return new ConnectError(code, formatAddress(address), why, [{ address, error: cause }], {
    cause: error,
  });
}

/** The system says ENOENT of a directory, of a program and of a script's interpreter alike. */
function meaningOf({ command, cwd, env }: ResolvedOptions, error: Error): Meaning {
  const meaning = meaningForSpawn(error);
  if (errnoOf(error) === "ENOENT" && cwd !== undefined && !isDirectory(cwd)) {
    return { ...meaning, why: `cwd, ${cwd}, is not a directory` };
  }
  const hasPath = env === "inherit" || env["PATH"] !== undefined;
  if (errnoOf(error) !== "ENOENT" || hasPath || command.includes("/")) return meaning;
  const hint = 'env has no PATH, so only the system\'s own places were searched (env: "inherit")';
  return { ...meaning, why: `${meaning.why}; ${hint}` };
}

function isDirectory(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() === true;
}
