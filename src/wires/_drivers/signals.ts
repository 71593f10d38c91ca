import { constants } from "node:os";
import { UnsupportedError } from "../../contract/index.ts";

/**
 * The platform's signal called `signal`, with or without `SIG`, or of that number.
 *
 * @throws {RangeError} when there is none.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when the platform has the name alone.
 */
export function signalOf(
  signal: unknown,
  platform: NodeJS.Platform = process.platform,
): NodeJS.Signals {
  const word = typeof signal === "string" ? signal.toUpperCase() : signal;
  for (const [name, number] of Object.entries(constants.signals)) {
    if (name === word || name === `SIG${String(word)}` || number === word) {
      if (platform === "win32" && !ENDS_ON_WINDOWS.has(name)) throw nameAlone(name);
      return name as NodeJS.Signals;
    }
  }
  throw new RangeError(`Cannot signal the process: there is no signal ${String(signal)} here`);
}

/** Windows has no signals; for these Node ends the process. */
const ENDS_ON_WINDOWS: ReadonlySet<string> = new Set(["SIGINT", "SIGKILL", "SIGQUIT", "SIGTERM"]);

function nameAlone(name: string): UnsupportedError {
  const why = `Windows has none; there ${[...ENDS_ON_WINDOWS].join(", ")} end the process`;
  return new UnsupportedError(`signal the process with ${name}`, why);
}
