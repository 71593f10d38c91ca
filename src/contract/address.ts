/**
 * Addresses are values: a discriminated union on `kind`, the same before and after the loss.
 *
 * The union is closed to the compiler and open to the world: a third party adds a kind by merging
 * into {@link AddressKinds}, and every exhaustive `switch` then asks for it.
 */
export interface AddressKinds {
  readonly tcp: TcpAddress;
  readonly unix: UnixAddress;
  readonly pipe: PipeAddress;
  readonly loopback: LoopbackAddress;
  readonly memory: MemoryAddress;
  readonly process: ProcessAddress;
  readonly stdio: StdioAddress;
  readonly descriptor: DescriptorAddress;
  readonly file: FileAddress;
  readonly stream: StreamAddress;
}

export type AddressKind = keyof AddressKinds;

/** Where one end of a connection is. Match on `kind`. */
export type Address = AddressKinds[AddressKind];

/** What every kind of address may carry. */
export interface Layered {
  /** The address of the layer below, when this connection stands on another one. */
  readonly via?: Address;
}

/**
 * @see twisted.internet.address.IPv4Address, IPv6Address: one type here, told apart by `family`.
 */
export interface TcpAddress extends Layered {
  readonly kind: "tcp";
  /** A literal address once connected; a name only in what was asked for. */
  readonly host: string;
  /** 0 to 65535. */
  readonly port: number;
  readonly family: 4 | 6;
}

/** @see twisted.internet.address.UNIXAddress */
export interface UnixAddress extends Layered {
  readonly kind: "unix";
  /** A file path, an abstract name written with a leading `@`, or `null` for an unnamed end. */
  readonly path: string | null;
}

/** One end of a named pipe of Windows. */
export interface PipeAddress extends Layered {
  readonly kind: "pipe";
  /** Without `\\\\.\\pipe\\` before it; `null` for the end that connected. */
  readonly name: string | null;
}

/**
 * One end of a loopback or of a simulated wire. @see twisted.protocols.loopback._LoopbackAddress
 */
export interface LoopbackAddress extends Layered {
  readonly kind: "loopback";
  readonly side: "left" | "right";
}

/** One end of a connection inside a memory network. */
export interface MemoryAddress extends Layered {
  readonly kind: "memory";
  /** The listener's name; for the end that connected, the name with a serial number behind `#`. */
  readonly name: string;
}

/** A process: this one, or a child. */
export interface ProcessAddress extends Layered {
  readonly kind: "process";
  readonly command: string;
  readonly args: readonly string[];
  /** What the system called it while it lived; stays when it is gone. `null` if it never lived. */
  readonly pid: number | null;
}

/** The standard streams of this process, and whoever is behind them. */
export interface StdioAddress extends Layered {
  readonly kind: "stdio";
}

/** Descriptors of this process, by number. */
export interface DescriptorAddress extends Layered {
  readonly kind: "descriptor";
  /** The one that is read; `null` where nothing is. */
  readonly input: number | null;
  /** The one that is written. */
  readonly output: number | null;
  /** They are handles of Windows: numbers of another kind. */
  readonly isHandle?: true;
}

/** A file. */
export interface FileAddress extends Layered {
  readonly kind: "file";
  readonly path: string;
}

/** One end of a stream that came from elsewhere and knows no address of its own. */
export interface StreamAddress extends Layered {
  readonly kind: "stream";
  /** What whoever gave the stream calls this end. */
  readonly name: string;
}

/** The address as a person writes it, in the endpoint-string form where there is one. */
export function formatAddress(address: Address): string {
  switch (address.kind) {
    case "tcp":
      return `tcp://${address.family === 6 ? `[${address.host}]` : address.host}:${address.port}`;
    case "unix":
      if (address.path === null) return "unix:(unnamed)";
      return address.path.startsWith("@") ? `unix:${address.path}` : `unix://${address.path}`;
    case "pipe":
      return address.name === null ? "pipe:(unnamed)" : `pipe:${encodeURIComponent(address.name)}`;
    case "loopback":
      return `loopback:${address.side}`;
    case "memory":
      return `memory://${address.name}`;
    case "process":
      return `process:${[address.command, ...address.args].map(quoteWord).join(" ")}`;
    case "stdio":
      return "stdio:";
    case "descriptor":
      return formatDescriptors(address);
    case "file":
      return address.path.startsWith("/") ? `file://${address.path}` : `file:${address.path}`;
    case "stream":
      return `stream:${address.name}`;
    default:
      return formatUnknown(address satisfies never);
  }
}

/** A kind that another package merged in: all that is known of it is that it is a value. */
function formatUnknown(address: unknown): string {
  return JSON.stringify(address);
}

/** A word of a command line, quoted where a shell would otherwise read it as more than itself. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

function formatDescriptors({ input, isHandle, output }: DescriptorAddress): string {
  const what = isHandle === true ? "handle" : "fd";
  if (input === output || output === null) return `${what}:${input}`;
  return input === null ? `${what}:${output}` : `${what}:${input},${output}`;
}
