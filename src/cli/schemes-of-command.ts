import type { TerminalSize } from "../contract/index.ts";
import type { Scheme, Schemes } from "../endpoints/index.ts";
import { registeredSchemes } from "../endpoints/index.ts";

/**
 * What the command's URLs may name: as anywhere, but that on a terminal the end of input is typed,
 * as the person would whom the command stands for.
 *
 * @param size of the terminals. Default: 80 by 24.
 */
export function schemesOfCommand(size?: TerminalSize): Schemes {
  const known = registeredSchemes.find("pty");
  const pty = known === undefined ? undefined : { ...known, open: openWith(size) };
  return {
    find: (name) => (name === "pty" ? pty : registeredSchemes.find(name)),
    all: () => registeredSchemes.all(),
  };
}

function openWith(size: TerminalSize | undefined): Scheme["open"] {
  return async ({ place }) => {
    if (place.form !== "command") throw new RangeError("a terminal has a command");
    const { oneConnection } = await import("../endpoints/one-connection.ts");
    const { pty } = await import("../wires/pty/index.ts");
    const [command = "", ...args] = place.words;
    const child = pty({
      command,
      args,
      env: "inherit",
      endOfInput: "typed",
      ...(size === undefined ? {} : { size }),
    });
    return oneConnection(child, { kind: "process", command, args, pid: null });
  };
}
