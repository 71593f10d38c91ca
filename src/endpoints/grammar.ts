import { nearest } from "./nearest.ts";
import { NOT_YET } from "./not-yet.ts";
import { readPlace, writePlace } from "./place.ts";
import { readOptions, writeOptions } from "./query.ts";
import { registeredSchemes } from "./registry.ts";
import type { OptionValue, Place, Scheme, Schemes } from "./scheme.ts";
import { Source } from "./source.ts";

/** One layer, or the wire at the bottom, of an endpoint string. */
export interface LayerSpec {
  readonly scheme: string;
  /** Only those that were given, by the names in the scheme's table. */
  readonly options: Readonly<Record<string, OptionValue>>;
}

/** What an endpoint string says, as a value. */
export interface EndpointSpec {
  /** Outermost first; the last one is the wire. */
  readonly layers: readonly LayerSpec[];
  /** Where the wire goes. */
  readonly place: Place;
}

/**
 * Reads an endpoint string: layers joined with `+`, outermost first, down to a wire; then where the
 * wire goes; then options, as in `tcp://127.0.0.1:8007?noDelay=false`.
 *
 * No I/O and no code of any wire. `tcp://:8007` means 127.0.0.1. A UNIX path is absolute, or begins
 * with `./`, `../` or `@` (an abstract name).
 *
 * @throws {SpecError} ERR_WIRE_SPEC showing the string with a caret under the fault and what was
 *   expected there; also for a scheme that is not in this version, and for a password, which is
 *   not shown.
 * @throws {TypeError} when `spec` is not a string.
 */
export function parse(spec: string, schemes: Schemes = registeredSchemes): EndpointSpec {
  if (typeof spec !== "string")
    throw new TypeError(`Cannot read the endpoint: it is a ${typeof spec}`);
  const source = new Source(spec);
  const head = /^[^:/?#]*/.exec(spec)?.[0] ?? "";
  const isScheme = (word: string): boolean => schemes.find(word) !== undefined || NOT_YET.has(word);
  const isKnown = head.split("+").every(isScheme);
  source.refuseSecrets({ hasScheme: isKnown });
  if (spec.trim() === "") source.fail(0, `expected an endpoint, as in ${exampleOf(schemes)}`);
  if (!isKnown && /^[\w.-]+:\d+$/.test(spec)) {
    source.fail(0, `expected a scheme; did you mean ${JSON.stringify(`tcp://${spec}`)}?`);
  }
  if (spec[head.length] !== ":") failNoScheme(source, head, schemes);
  const stack = readStack(source, head, schemes);
  if (wireOf(stack).place === "command") {
    const place = readPlace(source, wireOf(stack), head.length + 1, spec.length);
    return { layers: stack.map(({ name }) => ({ scheme: name, options: {} })), place };
  }
  const hash = spec.indexOf("#");
  if (hash >= 0) source.fail(hash, 'a "#" has no meaning here; write "%23" for one in a name');
  const query = spec.indexOf("?");
  const end = query < 0 ? spec.length : query;
  const place = readPlace(source, wireOf(stack), head.length + 1, end);
  const options = query < 0 ? stack.map(() => ({})) : readOptions(source, stack, query + 1);
  return {
    layers: stack.map(({ name }, index) => ({ scheme: name, options: options[index] ?? {} })),
    place,
  };
}

/**
 * Writes the string that {@link parse} reads as an equal value: every layer named, the host written
 * out, options in the order of the schemes' tables.
 *
 * @throws {RangeError} when a scheme of `spec` is not registered, or when options would stand
 *   behind a command, which goes to the end of the string.
 */
export function format(spec: EndpointSpec, schemes: Schemes = registeredSchemes): string {
  const stack = spec.layers.map(({ scheme }) => {
    const found = schemes.find(scheme);
    if (found === undefined)
      throw new RangeError(`Cannot write the endpoint: no scheme ${JSON.stringify(scheme)}`);
    return found;
  });
  const names = stack.map(({ name }) => name).join("+");
  const options = spec.layers.map((layer) => layer.options);
  if (spec.place.form === "command" && options.some((given) => Object.keys(given).length > 0)) {
    throw new RangeError("Cannot write the endpoint: behind a command no options can stand");
  }
  return `${names}:${writePlace(spec.place)}${writeOptions(stack, options)}`;
}

function readStack(source: Source, head: string, schemes: Schemes): Scheme[] {
  const stack: Scheme[] = [];
  let offset = 0;
  for (const word of head.split("+")) {
    const above = stack.at(-1);
    if (above?.place !== undefined) {
      source.fail(offset, `${above.name} is a wire; only layers stand to the left of a "+"`);
    }
    stack.push(readScheme(source, { word, offset }, schemes));
    offset += word.length + 1;
  }
  for (;;) {
    const last = wireOf(stack);
    if (last.place !== undefined) return stack;
    const implied = last.implies === undefined ? undefined : schemes.find(last.implies);
    if (implied === undefined) {
      source.fail(head.length, `${last.name} needs a wire beneath it, as in ${last.example}`);
    }
    stack.push(implied);
  }
}

function readScheme(
  source: Source,
  { word, offset }: { readonly word: string; readonly offset: number },
  schemes: Schemes,
): Scheme {
  const found = schemes.find(word);
  if (found !== undefined) return found;
  const names = schemes.all().map(({ name }) => name);
  const have = `there are ${names.join(", ")}`;
  if (word === "") source.fail(offset, `expected a scheme; ${have}`);
  const later = NOT_YET.get(word);
  if (later !== undefined) {
    source.fail(offset, `${word} (${later}) is not in this version; ${have}`);
  }
  const near = nearest(word, [...names, ...NOT_YET.keys()]);
  const hint = near === undefined ? have : `did you mean ${JSON.stringify(near)}?`;
  const length = word.length;
  return source.fail(offset, `unknown scheme ${source.shown(offset, offset + length)}; ${hint}`);
}

/** A string without a colon behind its first word: a host, a path or a scheme alone. */
function failNoScheme(source: Source, head: string, schemes: Schemes): never {
  const { text } = source;
  if (schemes.find(head) !== undefined && head.length === text.length) {
    source.fail(text.length, `expected ":" and where to, as in ${schemes.find(head)?.example}`);
  }
  const meant = /^[./]/.test(text) ? `unix:${text}` : undefined;
  const hint =
    meant === undefined || schemes.find("unix") === undefined
      ? `as in ${exampleOf(schemes)}`
      : `as in ${meant}`;
  return source.fail(0, `expected a scheme and ":", ${hint}`);
}

function wireOf(stack: readonly Scheme[]): Scheme {
  const wire = stack.at(-1);
  if (wire === undefined) throw new RangeError("Cannot write the endpoint: it has no layers");
  return wire;
}

function exampleOf(schemes: Schemes): string {
  return schemes.all()[0]?.example ?? "tcp://127.0.0.1:8007";
}
