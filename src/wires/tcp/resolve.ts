import { lookup as systemLookup } from "node:dns/promises";
import { isIP } from "node:net";

/** One address that a name resolves to. */
export interface TcpHost {
  readonly address: string;
  readonly family: 4 | 6;
}

/**
 * All addresses of a name, the preferred first. `signal` aborts when nobody waits any more; a late
 * answer is ignored.
 */
export type TcpLookup = (host: string, signal: AbortSignal) => Promise<readonly TcpHost[]>;

/** The addresses of `host`: itself when it is a literal, otherwise what `lookup` says. */
export async function resolveHost(
  host: string,
  lookup: TcpLookup,
  signal: AbortSignal,
): Promise<readonly TcpHost[]> {
  const family = isIP(host);
  if (family === 4 || family === 6) return [{ address: host, family }];
  const found = await unlessAborted(lookup(host, signal), signal);
  if (found.length === 0) throw noAddresses();
  return found;
}

/** What the system's resolver says, in its order. */
export const lookupBySystem: TcpLookup = async (host) => {
  const found = await systemLookup(host, { all: true, verbatim: true });
  return found.map(({ address, family }) => ({ address, family: family === 6 ? 6 : 4 }));
};

/** Node cannot stop a resolver; the caller is told at once and the answer is dropped. */
function unlessAborted<R>(result: Promise<R>, signal: AbortSignal): Promise<R> {
  return new Promise((resolve, reject) => {
    const abort = (): void => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener("abort", abort, { once: true });
    result.then(resolve, reject).finally(() => signal.removeEventListener("abort", abort));
  });
}

function noAddresses(): Error {
  return Object.assign(new Error("the name has no addresses"), { code: "ENODATA" });
}
