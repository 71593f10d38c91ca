import type { Address, DriverName, TcpAddress, UnixAddress } from "../../contract/index.ts";
import type { Facts, Rider } from "../../flow/index.ts";
import type { OpenableWire } from "./open-wire.ts";

/** The two ends of a connection, captured while they are known. */
export interface Ends {
  readonly host: Address;
  readonly peer: Address;
}

/** A connected socket that nobody reads yet. Either `wire` or `discard` is called, once. */
export interface RawSocket {
  /** `null` when the peer has already gone, so that they are known no more. */
  readonly ends: Ends | null;
  wire(facts: Facts, ends: Ends): SocketWire;
  /** Lets go of it. */
  discard(): void;
}

/** The wire of a socket, and what else can be asked of it. */
export interface SocketWire extends OpenableWire {
  readonly driver: DriverName;
  /** False when it has gone. For TCP alone, as the next one. */
  setNoDelay(enabled: boolean): boolean;
  setKeepAlive(enabled: boolean, delayMs: number): boolean;
  /** Whether the process stays while it is open; at first it does. */
  keepProcess(keeps: boolean): void;
  /**
   * A duplicate of a descriptor, to leave with a byte; an error when there is none to be had.
   * Absent where the driver cannot.
   */
  riderOf?(fd: number, settled: (hasLeft: boolean) => void): Rider | Error;
  /** Gives the live socket away, after which its wire is over; -1 when it has gone. As above. */
  detach?(): number;
}

/** What a listening socket tells. */
export interface ServerSeat {
  arrived(socket: RawSocket): void;
  /** It could not accept. */
  failed(error: Error): void;
}

/** A socket that listens. What arrives before `begin` waits. */
export interface RawServer {
  readonly host: Address;
  /** Whether connections stay in the system's queue while it is paused, but for a few. */
  readonly isPausable: boolean;
  begin(seat: ServerSeat): void;
  pause(): void;
  resume(): void;
  /** The address is free when this returns. */
  close(): void;
}

/** What a fresh TCP connection has; `keepAliveDelayMs` is also for when probes come on later. */
export interface TcpSettings {
  readonly noDelay: boolean;
  readonly keepAlive: boolean;
  readonly keepAliveDelayMs: number;
}

export interface TcpTarget {
  readonly address: string;
  readonly family: 4 | 6;
  readonly port: number;
  readonly localAddress: string | undefined;
  readonly localPort: number | undefined;
  readonly settings: TcpSettings;
}

export interface TcpPlace {
  readonly address: string;
  readonly port: number;
  readonly backlog: number;
  readonly ipv6Only: boolean;
  readonly settings: TcpSettings;
}

/** A name of a UNIX socket: as the system takes it, and as it is shown. */
export interface UnixPlace {
  readonly native: string;
  readonly shown: UnixAddress;
}

/**
 * How sockets are made. Errors are the system's, with its `code`; a signal that aborts rejects with
 * its reason, and leaves nothing.
 */
export interface SocketDriver {
  readonly name: DriverName;
  connectTcp(to: TcpTarget, signal: AbortSignal): Promise<RawSocket>;
  connectUnix(to: UnixPlace, signal: AbortSignal): Promise<RawSocket>;
  listenTcp(at: TcpPlace): Promise<RawServer & { readonly host: TcpAddress }>;
  listenUnix(at: UnixPlace, backlog: number): Promise<RawServer>;
}
