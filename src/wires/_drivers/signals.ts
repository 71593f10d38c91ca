import { constants } from "node:os";

/**
 * The platform's signal called `signal`, with or without `SIG`, or of that number.
 *
 * @throws {RangeError} when there is none.
 */
export function signalOf(signal: unknown): NodeJS.Signals {
  const word = typeof signal === "string" ? signal.toUpperCase() : signal;
  for (const [name, number] of Object.entries(constants.signals)) {
    if (name === word || name === `SIG${String(word)}` || number === word) {
      return name as NodeJS.Signals;
    }
  }
  throw new RangeError(`Cannot signal the process: there is no signal ${String(signal)} here`);
}
