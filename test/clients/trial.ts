import { createHash } from "node:crypto";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { Scratch } from "../interop/scratch.ts";
import type { Server } from "./server.ts";
import type { Road, Way } from "./ways.ts";
import { WAYS } from "./ways.ts";

/** What every trial is given. */
export interface Setting<S extends Server = Server> {
  readonly way: Way;
  readonly road: Road;
  readonly server: S;
  /** How much is much: 20 MiB, or less where it has been that much on another way. */
  readonly muchBytes: number;
}

/** One thing that users of a client library count on. */
export interface Trial<S extends Server = Server> {
  /** What holds, in one sentence, behind the name of the library. */
  readonly name: string;
  /** The ways on which it can be tried; all of them where nothing is said. */
  readonly on?: (way: Way) => boolean;
  run(setting: Setting<S>): Promise<void>;
}

/** A client library, as it is published, and what it is tried with. */
export interface Library<S extends Server = Server> {
  readonly name: string;
  readonly version: string;
  /** Programs of its server that are not here. */
  readonly missing: readonly string[];
  /** How the server tells its version. */
  readonly serverVersion: () => string;
  start(scratch: Scratch): Promise<S>;
  readonly trials: readonly Trial<S>[];
}

/** A library whose server is not known by its type. */
export interface AnyLibrary extends Omit<Library, "start" | "trials"> {
  start(scratch: Scratch): Promise<Server>;
  readonly trials: readonly Trial<never>[];
}

/** One trial of one library on one way, to be run while the library's server is there. */
export interface Attempt {
  readonly name: string;
  readonly way: Way;
  readonly missing: readonly string[];
  run(full: boolean): Promise<void>;
}

/** A library's server, for as many attempts as there are; started with the first. */
export class Bench implements AsyncDisposable {
  readonly library: AnyLibrary;
  readonly attempts: readonly Attempt[];
  readonly #scratch = new Scratch();
  #server: Promise<Server> | null = null;

  constructor(library: AnyLibrary) {
    this.library = library;
    this.attempts = WAYS.flatMap((way) => {
      const missing = [...library.missing, ...missingPrograms(way.needs)];
      return library.trials
        .filter(({ on }) => on?.(way) ?? true)
        .map((trial) => ({
          name: `${library.name} ${trial.name}, over ${way.name}`,
          way,
          missing,
          run: (full: boolean) => this.#run(trial, way, full),
        }));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const server = await this.#server;
    await server?.[Symbol.asyncDispose]();
    this.#scratch[Symbol.dispose]();
  }

  async #run(trial: Trial<never>, way: Way, full: boolean): Promise<void> {
    this.#server ??= this.library.start(this.#scratch);
    const server = await this.#server;
    await using road = await way.open(server, this.#scratch);
    const muchBytes = full || way === WAYS[0] ? 20 * MIB : 4 * MIB;
    await trial.run({ way, road, server: server as never, muchBytes });
  }
}

/** So many bytes that look like noise, always the same. */
export function noise(byteLength: number): Buffer {
  return createHash("shake256", { outputLength: byteLength }).update("overwall").digest();
}

export function md5(data: Uint8Array): string {
  return createHash("md5").update(data).digest("hex");
}

export const MIB: number = 1024 * 1024;
