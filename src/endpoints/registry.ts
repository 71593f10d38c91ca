import type { Address, ClientEndpoint, Endpoint } from "../contract/index.ts";
import type { MemoryNetwork } from "../memory/index.ts";
import type { FileOptions } from "../wires/file/index.ts";
import type { OpenRequest, OptionRow, Place, Scheme, Schemes } from "./scheme.ts";
import { tlsScheme } from "./tls-scheme.ts";
import {
  fallbackOf,
  fileOptions,
  pipeOptions,
  stdioOptions,
  tcpOptions,
  unixOptions,
} from "./wire-options.ts";

/** The built-in schemes and those added with {@link registerScheme}. */
export const registeredSchemes: Schemes = {
  find: (name) => table.get(name),
  all: () => [...table.values()],
};

/** Every scheme that an endpoint string may name here, in the order in which they came. */
export function schemes(): readonly Scheme[] {
  return registeredSchemes.all();
}

/**
 * Adds a scheme, for `parse`, `format` and `endpoint` alike. Disposing takes it out again.
 *
 * @throws {TypeError} when its name is not lower-case letters and digits, or an option is named
 *   with other than letters and digits.
 * @throws {RangeError} when there is a scheme of that name.
 */
export function registerScheme(scheme: Scheme): Disposable {
  if (!/^[a-z][a-z0-9]*$/.test(scheme.name)) {
    throw new TypeError(
      `Cannot register a scheme: ${JSON.stringify(scheme.name)} is not a scheme's name`,
    );
  }
  if (table.has(scheme.name)) {
    throw new RangeError(
      `Cannot register a scheme: there is one called ${JSON.stringify(scheme.name)}`,
    );
  }
  for (const key of Object.keys(scheme.options)) {
    if (!/^[A-Za-z][A-Za-z0-9]*$/.test(key)) {
      throw new TypeError(
        `Cannot register a scheme: ${JSON.stringify(key)} is not an option's name`,
      );
    }
  }
  table.set(scheme.name, scheme);
  return { [Symbol.dispose]: () => void table.delete(scheme.name) };
}

/** The one network of `memory://` names in this process. */
let processNetwork: MemoryNetwork | undefined;

const builtIn: readonly Scheme[] = [
  {
    name: "tcp",
    describe: "TCP, over IPv4 or IPv6; the host is 127.0.0.1 when left out",
    example: "tcp://127.0.0.1:8007",
    place: "authority",
    options: tcpOptions,
    listens: true,
    connects: true,
    open: async ({ place, options }) => {
      const { tcp } = await import("../wires/tcp/index.ts");
      const { host, port } = placeOf("authority", place);
      return tcp({ host, port, ...inMilliseconds(options, tcpOptions) });
    },
  },
  {
    name: "unix",
    describe: "a UNIX-domain socket: a path, or @ and an abstract name (Linux)",
    example: "unix:///run/app.sock",
    place: "path",
    options: unixOptions,
    listens: true,
    connects: true,
    open: async ({ place, options }) => {
      const { unix } = await import("../wires/unix/index.ts");
      return unix({ path: placeOf("path", place).path, ...options });
    },
  },
  {
    name: "pipe",
    describe: "a named pipe of Windows, by what follows `\\\\.\\pipe\\` in its name",
    example: "pipe:app",
    place: "word",
    options: pipeOptions,
    listens: true,
    connects: true,
    open: async ({ place, options }) => {
      const { pipe } = await import("../wires/pipe/index.ts");
      return pipe({ name: placeOf("word", place).name, ...options });
    },
  },
  {
    name: "memory",
    describe: "a name inside this process",
    example: "memory://name",
    place: "name",
    options: {},
    listens: true,
    connects: true,
    open: async ({ place }) => {
      const { memoryNetwork } = await import("../memory/index.ts");
      processNetwork ??= memoryNetwork();
      return processNetwork.endpoint(placeOf("name", place).name);
    },
  },
  {
    name: "process",
    describe:
      "a child process, in our environment: a command line with quotes, no shell, no options",
    example: "process:sort -u",
    place: "command",
    options: {},
    listens: true,
    connects: true,
    servesOne: true,
    open: async ({ place }) => {
      const { childProcess } = await import("../wires/process/index.ts");
      const [command = "", ...args] = placeOf("command", place).words;
      const child = childProcess({ command, args, env: "inherit" });
      return served(child, { kind: "process", command, args, pid: null });
    },
  },
  {
    name: "pty",
    describe:
      "a child process on a pseudo-terminal, in our environment: a command line, as process: " +
      "(native driver); overwall types the end of its input, as Ctrl-D",
    example: "pty:bash -l",
    place: "command",
    options: {},
    listens: true,
    connects: true,
    servesOne: true,
    open: async ({ place }) => {
      const { pty } = await import("../wires/pty/index.ts");
      const [command = "", ...args] = placeOf("command", place).words;
      const child = pty({ command, args, env: "inherit" });
      return served(child, { kind: "process", command, args, pid: null });
    },
  },
  {
    name: "stdio",
    describe: "the standard streams of the command",
    example: "stdio:",
    place: "nothing",
    options: stdioOptions,
    listens: true,
    connects: true,
    servesOne: true,
    open: async ({ options }) => {
      const { stdio } = await import("../wires/stdio/index.ts");
      const closeOutput = fallbackOf(stdioOptions.closeOutput) === "true";
      return served(stdio({ closeOutput, endsWithReader: true, ...options }), { kind: "stdio" });
    },
  },
  {
    name: "fd",
    describe:
      "a descriptor that the command was started with, or two: the one read, the one written",
    example: "fd:3",
    place: "numbers",
    options: {},
    listens: true,
    connects: true,
    servesOne: true,
    open: async ({ place }) => {
      const { descriptor } = await import("../wires/descriptor/index.ts");
      const [first = 0, output] = placeOf("numbers", place).numbers;
      const ends = output === undefined ? { fd: first } : { input: first, output };
      const host: Address = { kind: "descriptor", input: first, output: output ?? first };
      return served(descriptor(ends), host);
    },
  },
  {
    name: "file",
    describe: "a file: read from its beginning to its end, unless an option says otherwise",
    example: "file:///var/log/x?append",
    place: "file",
    options: fileOptions,
    listens: true,
    connects: true,
    servesOne: true,
    open: async ({ place, options: { mode, ...ways } }) => {
      const { file } = await import("../wires/file/index.ts");
      const { path } = placeOf("file", place);
      const asked = Object.keys(ways).filter((name) => ways[name] === true);
      if (asked.length > 1)
        throw new RangeError("only one of append, follow and write fits a file");
      const [way = "read"] = asked;
      const options = { path, way, ...(mode !== undefined && { mode }) } as FileOptions;
      return served(file(options), { kind: "file", path });
    },
  },
  tlsScheme,
];

/** Loads what makes a connection of one where it stands to listen. */
async function served(client: ClientEndpoint<never>, host: Address): Promise<Endpoint> {
  const { oneConnection } = await import("./one-connection.ts");
  return oneConnection(client as ClientEndpoint, host);
}

const table = new Map<string, Scheme>(builtIn.map((scheme) => [scheme.name, scheme]));

/** The options under the names that the wires have: durations end in `Ms` there. */
function inMilliseconds(
  options: OpenRequest["options"],
  rows: Readonly<Record<string, OptionRow>>,
): OpenRequest["options"] {
  return Object.fromEntries(
    Object.entries(options).map(([key, value]) => [
      rows[key]?.type === "duration" ? `${key}Ms` : key,
      value,
    ]),
  );
}

function placeOf<F extends Place["form"]>(form: F, place: Place): Extract<Place, { form: F }> {
  if (place.form !== form) throw new RangeError(`Cannot open an endpoint: its place is no ${form}`);
  return place as Extract<Place, { form: F }>;
}
