import type { Endpoint } from "../contract/index.ts";
import { SpecError } from "../contract/index.ts";
import { parse } from "./grammar.ts";
import { registeredSchemes } from "./registry.ts";
import type { OpenRequest, Scheme, Schemes } from "./scheme.ts";

/**
 * The endpoint that a string names, to connect to or to listen on.
 *
 * Asynchronous because the code of a wire is loaded when it is first named; nothing is bound,
 * resolved or connected yet. `memory://name` is one network for the whole process.
 *
 * Where a layer can `reload`, the whole endpoint can.
 *
 * @throws {SpecError} ERR_WIRE_SPEC when the string does not parse, with a caret under the fault.
 * @throws {WireError} what a wire says that is not there: ERR_WIRE_MISSING_PEER …
 * `listen` rejects with a SpecError where the string leaves out what only a server needs.
 * @see twisted.internet.endpoints.clientFromString, serverFromString: one string for both here.
 */
export async function endpoint(
  spec: string,
  schemes: Schemes = registeredSchemes,
): Promise<Endpoint> {
  const { layers, place } = parse(spec, schemes);
  let lower: Endpoint | undefined;
  const reloads: (() => Promise<void>)[] = [];
  for (const { scheme, options } of layers.toReversed()) {
    const request = { options, place, ...(lower === undefined ? {} : { lower }) };
    lower = await open(spec, schemes.find(scheme), request);
    const reload = lower.reload?.bind(lower);
    if (reload !== undefined) reloads.push(reload);
  }
  if (lower === undefined) throw new RangeError("Cannot open an endpoint: it has no layers");
  const faults = layers.flatMap(
    ({ scheme, options }) => schemes.find(scheme)?.lacksToListen?.(options) ?? [],
  );
  return Object.assign(lower, {
    ...(reloads.length > 0 && { reload: () => inOrder(reloads) }),
    ...(faults[0] !== undefined && { listen: refusing(spec, faults[0]) }),
  });
}

/** What is missing is missing at the end of the string. */
function refusing(spec: string, fault: string): Endpoint["listen"] {
  return async () => {
    throw new SpecError(spec, spec.length, fault);
  };
}

/** A value that the grammar lets through and the wire does not is a fault of the string, too. */
async function open(
  spec: string,
  scheme: Scheme | undefined,
  request: OpenRequest,
): Promise<Endpoint> {
  try {
    return await (scheme as Scheme).open(request);
  } catch (error) {
    if (!(error instanceof TypeError || error instanceof RangeError)) throw error;
    throw new SpecError(spec, offsetOf(error.message, spec), error.message, { cause: error });
  }
}

/** Where the option stands that a message is about, as `key: …` or with its name in backticks. */
function offsetOf(message: string, spec: string): number {
  const query = spec.indexOf("?");
  if (query < 0) return spec.indexOf(":") + 1;
  const named = /^(\w+): |`(\w+)`/.exec(message);
  const option = new RegExp(`[?&](?:\\w+\\.)?${named?.[1] ?? named?.[2]}(?=[=&]|$)`);
  const found = named === null ? -1 : spec.slice(query).search(option);
  return query + 1 + Math.max(0, found);
}

async function inOrder(all: readonly (() => Promise<void>)[]): Promise<void> {
  for (const one of all) await one();
}
