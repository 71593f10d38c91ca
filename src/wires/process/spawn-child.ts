import type { ChildProcess } from "node:child_process";
import { spawn } from "node:child_process";
import { statSync } from "node:fs";
import type { ProcessAddress } from "../../contract/index.ts";
import { ConnectError, formatAddress, WireError } from "../../contract/index.ts";
import type { Meaning } from "../_drivers/errno.ts";
import { errnoOf, meaningForSpawn } from "../_drivers/errno.ts";
import { stdioOf } from "./child-fds.ts";
import type { ResolvedOptions } from "./process.ts";

/**
 * Starts the program; resolves in the turn in which it runs, with none of its output read.
 *
 * @throws {ConnectError} naming the program, and what is wrong with it; none of its pipes is left.
 */
export function spawnChild(options: ResolvedOptions): Promise<ChildProcess> {
  const { args, argv0, command, cwd, env, fds, gid, uid } = options;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(refusal(options, error));
    try {
      const child = spawn(command, args, {
        env: env === "inherit" ? process.env : { ...env },
        stdio: stdioOf(fds),
        windowsHide: true,
        ...(argv0 !== undefined && { argv0 }),
        ...(cwd !== undefined && { cwd }),
        ...(uid !== undefined && { uid }),
        ...(gid !== undefined && { gid }),
      });
      let isStarted = false;
      // Stays: a child that cannot be killed says so here, and would end this process otherwise.
      child.on("error", (error) => {
        if (!isStarted) void letGoOf(child).then(() => fail(error));
      });
      child.once("spawn", () => {
        isStarted = true;
        resolve(child);
      });
    } catch (error) {
      fail(error instanceof Error ? error : new Error(String(error)));
    }
  });
}

/** Closes every pipe to a child that was not started, or was killed; settles when that is done. */
export async function letGoOf(child: ChildProcess): Promise<void> {
  await Promise.all(
    child.stdio.map(async (stream) => {
      if (stream === null || stream === undefined || stream.closed) return;
      await new Promise<void>((resolve) => {
        stream.once("close", () => resolve());
        stream.destroy();
      });
    }),
  );
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
