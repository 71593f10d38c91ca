import type { Capability, DescriptorAddress } from "../../contract/index.ts";
import { ConnectError, formatAddress } from "../../contract/index.ts";
import type { Facts } from "../../flow/index.ts";
import { DuctWire } from "../_drivers/duct-wire.ts";
import type { OpenableWire } from "../_drivers/open-wire.ts";
import type { CompletionPort } from "../_drivers/windows/completion-port.ts";
import {
  attachHandle,
  completionPort,
  HandleRefusal,
  inspectHandle,
} from "../_drivers/windows/open-handle.ts";
import { OverlappedHandle } from "../_drivers/windows/overlapped-handle.ts";
import { OverlappedIntake } from "../_drivers/windows/overlapped-intake.ts";
import { OverlappedOutlet } from "../_drivers/windows/overlapped-outlet.ts";
import type { Handle, HandleFacts } from "../_drivers/windows/windows-calls.ts";

/** Which handles, and whose. */
export interface HandleOptions {
  readonly fd?: number;
  readonly input?: number;
  readonly output?: number;
  readonly shared?: boolean;
}

/** A connection over handles that is not begun. */
export interface PreparedHandles {
  readonly capabilities: ReadonlySet<Capability>;
  readonly make: (facts: Facts) => OpenableWire;
}

/**
 * Makes connections over overlapped handles, on the port of this thread unless another one is
 * given. The port keeps what it was given once, so that shared handles can be taken again, and so
 * can those of a connection that was refused.
 *
 * @throws as `completionPort`; what is returned throws a {ConnectError} that names the handle, and
 *   what is wrong with it.
 */
export function overlappedHandles(
  options: HandleOptions,
  port: CompletionPort = completionPort(),
): () => PreparedHandles {
  const attached = new Set<Handle>();
  return () => prepareHandles(options, attached, port);
}

function prepareHandles(
  { fd, input, output, shared = false }: HandleOptions,
  attached: Set<Handle>,
  port: CompletionPort,
): PreparedHandles {
  const asked = { input: fd ?? input ?? null, output: fd ?? output ?? null };
  const address: DescriptorAddress = { kind: "descriptor", ...asked, isHandle: true };
  try {
    const ways = waysOf(asked, fd !== undefined, port);
    const handles = [ways.input, ways.output].flatMap((way) => way?.handle ?? []);
    for (const handle of new Set(handles)) attachHandle(handle, attached, port);
    // They are closed with the connection, and their numbers become others'.
    if (!shared) attached.clear();
    const [reader, writer] = take(ways, shared, port);
    const isDuplexPipe = reader !== null && reader === writer && reader.facts.kind === "pipe";
    const ends: DescriptorAddress = {
      ...address,
      input: ways.input?.handle ?? null,
      output: ways.output?.handle ?? null,
    };
    return {
      capabilities: isDuplexPipe ? DUPLEX_PIPE : ONE_BY_ONE,
      make: (facts) =>
        new DuctWire(facts, {
          host: ends,
          peer: ends,
          ...(reader && { intake: (told) => new OverlappedIntake(reader, told) }),
          ...(writer && { outlet: (told) => new OverlappedOutlet(writer, told) }),
        }),
    };
  } catch (error) {
    if (!(error instanceof HandleRefusal)) throw error;
    const attempts = [{ address, error }];
    throw new ConnectError(error.code, formatAddress(address), error.message, attempts);
  }
}

/** Its two directions end together. */
const DUPLEX_PIPE: ReadonlySet<Capability> = new Set<Capability>(["abort", "backPressure"]);
const ONE_BY_ONE: ReadonlySet<Capability> = new Set<Capability>([...DUPLEX_PIPE, "halfClose"]);

interface Way {
  readonly handle: Handle;
  readonly facts: HandleFacts;
}

interface Ways {
  readonly input: Way | null;
  readonly output: Way | null;
}

/** Looks at every handle before the first is attached, which could not be undone. */
function waysOf(
  { input, output }: { readonly input: Handle | null; readonly output: Handle | null },
  isOne: boolean,
  port: CompletionPort,
): Ways {
  const inspect = (handle: Handle | null): Way | null =>
    handle === null ? null : { handle, facts: inspectHandle(handle, port) };
  const [reading, writing] = [inspect(input), inspect(output)];
  const reads = reading?.facts.reads === true;
  const writes = writing?.facts.writes === true;
  if (reading !== null && !reads && !(isOne && writes)) throw notOpenedTo("be read");
  if (writing !== null && !writes && !(isOne && reads)) throw notOpenedTo("be written");
  return { input: reads ? reading : null, output: writes ? writing : null };
}

function take(
  { input, output }: Ways,
  isShared: boolean,
  port: CompletionPort,
): readonly [OverlappedHandle | null, OverlappedHandle | null] {
  const takeOne = ({ handle, facts }: Way): OverlappedHandle =>
    new OverlappedHandle(handle, facts, port, isShared);
  const reader = input === null ? null : takeOne(input);
  if (output === null) return [reader, null];
  return [reader, output.handle === input?.handle ? reader : takeOne(output)];
}

function notOpenedTo(what: string): HandleRefusal {
  return new HandleRefusal("ERR_WIRE_PERMISSION", `it was not opened to ${what}`);
}
