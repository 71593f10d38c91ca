import type { Endpoint } from "../contract/index.ts";

/** What an option's text is read as. Durations become milliseconds, sizes bytes, modes numbers. */
export type OptionType = "number" | "boolean" | "mode" | "duration" | "size" | "text";

export type OptionValue = number | boolean | string;

/** One row of a scheme's table of options. */
export interface OptionRow {
  readonly type: OptionType;
  /** What it does, as a phrase. */
  readonly describe: string;
  /** What holds without it, as written in a string. */
  readonly fallback?: string;
  /** What holds on Windows, where that is something else. */
  readonly fallbackOnWindows?: string;
}

/**
 * How the part behind a wire's scheme is written.
 *
 * - `authority`: `//host:port`
 * - `path`: `///absolute`, `/absolute`, `./relative`, `../relative` or `@abstract`
 * - `file`: the same without `@abstract`
 * - `name`: `//name`
 * - `word`: `name`
 * - `numbers`: `3`, or `3,4`
 * - `command`: a command line to the end of the string, without options
 * - `nothing`: nothing
 */
export type PlaceForm = Place["form"];

/** Where a wire goes. */
export type Place =
  | { readonly form: "authority"; readonly host: string; readonly port: number }
  | { readonly form: "path"; readonly path: string }
  | { readonly form: "file"; readonly path: string }
  | { readonly form: "name"; readonly name: string }
  | { readonly form: "word"; readonly name: string }
  | { readonly form: "numbers"; readonly numbers: readonly number[] }
  | { readonly form: "command"; readonly words: readonly string[] }
  | { readonly form: "nothing" };

/** What a scheme is asked to make an endpoint of. */
export interface OpenRequest {
  readonly options: Readonly<Record<string, OptionValue>>;
  /** Where the wire at the bottom of the string goes. */
  readonly place: Place;
  /** For a layer: the endpoint beneath. */
  readonly lower?: Endpoint;
}

/** One word that can stand before the colon of an endpoint string. */
export interface Scheme {
  /** Lower-case letters and digits, a letter first. */
  readonly name: string;
  /** What it is, as a phrase. */
  readonly describe: string;
  /** How an endpoint with it is written. */
  readonly example: string;
  readonly options: Readonly<Record<string, OptionRow>>;
  /** For a wire: how its place is written. A layer has none, and takes a wire beneath it. */
  readonly place?: PlaceForm;
  /** For a layer: the wire beneath when the string names none (`tls://…` for `tls+tcp://…`). */
  readonly implies?: string;
  readonly listens: boolean;
  readonly connects: boolean;
  /** Listening, it serves one connection, and is over with that. */
  readonly servesOne?: boolean;
  /** What listening takes beyond these options, in words; `undefined`: nothing is missing. */
  readonly lacksToListen?: (options: Readonly<Record<string, OptionValue>>) => string | undefined;
  /** Makes the endpoint; loads the code of the wire when first called. */
  readonly open: (request: OpenRequest) => Promise<Endpoint>;
}

/** The schemes a string may name. */
export interface Schemes {
  /** The scheme of that name, if there is one. */
  find(name: string): Scheme | undefined;
  /** All of them, in the order in which they were registered. */
  all(): readonly Scheme[];
}
