import type { OptionRow } from "./scheme.ts";

/** What may stand behind the `?` of a wire, one table for each. */
export const tcpOptions: Readonly<Record<string, OptionRow>> = {
  noDelay: { type: "boolean", describe: "small writes leave at once", fallback: "true" },
  keepAlive: { type: "boolean", describe: "the kernel probes a silent peer", fallback: "false" },
  keepAliveDelay: { type: "duration", describe: "silence before probing", fallback: "1m" },
  backlog: { type: "number", describe: "listening: connections that may wait", fallback: "511" },
  ipv6Only: { type: "boolean", describe: "listening: no IPv4 on [::]", fallback: "false" },
  localAddress: { type: "text", describe: "connecting: the address to connect from" },
  localPort: { type: "number", describe: "connecting: the port to connect from" },
  attemptDelay: {
    type: "duration",
    describe: "connecting: how long one address of a name is tried alone",
    fallback: "250ms",
  },
};

export const unixOptions: Readonly<Record<string, OptionRow>> = {
  mode: { type: "mode", describe: "listening: who may connect", fallback: "0600" },
  backlog: { type: "number", describe: "listening: connections that may wait", fallback: "511" },
};

export const pipeOptions: Readonly<Record<string, OptionRow>> = {
  backlog: {
    type: "number",
    describe: "listening: connections that may wait while accepting is paused",
    fallback: "511",
  },
};

export const stdioOptions: Readonly<Record<"closeOutput" | "endsWithReader", OptionRow>> = {
  closeOutput: {
    type: "boolean",
    describe: "our end is an end for whoever reads; for a pipe on Windows only the exit can be",
    fallback: "true",
    fallbackOnWindows: "false",
  },
  endsWithReader: {
    type: "boolean",
    describe: "a reader of our output that has gone ends input as well",
    fallback: "true",
  },
};

export const fileOptions: Readonly<Record<string, OptionRow>> = {
  write: { type: "boolean", describe: "write, in the place of what is there", fallback: "false" },
  append: { type: "boolean", describe: "write behind what is there", fallback: "false" },
  follow: { type: "boolean", describe: "read on as it grows", fallback: "false" },
  mode: { type: "mode", describe: "of a file that is made, less the umask", fallback: "0666" },
};

/** What holds without an option, here. */
export function fallbackOf(
  { fallback, fallbackOnWindows }: OptionRow,
  platform: NodeJS.Platform = process.platform,
): string | undefined {
  return platform === "win32" ? (fallbackOnWindows ?? fallback) : fallback;
}
