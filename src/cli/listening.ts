import type { Address, Endpoint } from "../contract/index.ts";
import { formatAddress } from "../contract/index.ts";
import { specThrough } from "../endpoints/index.ts";
import type { Reporter } from "./reporter.ts";
import { codeOf, messageOf } from "./wording.ts";

/** An address as it was asked for: with the layers of `url`, and its name for a terminal. */
export function asAsked(url: string, address: Address): string {
  const shown = specThrough(address, url, "bare") ?? formatAddress(address);
  return url.startsWith("pty:") ? shown.replace(/^process:/, "pty:") : shown;
}

/** An endpoint that is listened on, and how it was written. */
export interface Listened {
  readonly url: string;
  readonly endpoint: Endpoint;
}

/**
 * Lets SIGHUP reload what can be reloaded, in place of what it did before.
 *
 * @param released takes SIGHUP from whoever had it; called only where something can be reloaded.
 */
export function reloadOnHangup(
  reporter: Reporter,
  all: readonly Listened[],
  released: () => void,
): Disposable {
  const reloadable = all.filter(({ endpoint }) => endpoint.reload !== undefined);
  if (reloadable.length === 0) return { [Symbol.dispose]: () => {} };
  const reload = (): void => {
    for (const one of reloadable) void reloadOne(reporter, one);
  };
  process.on("SIGHUP", reload);
  released();
  const names = reloadable.map(({ url }) => url).join(", ");
  reporter.say(`SIGHUP reads the certificates of ${names} again`);
  return { [Symbol.dispose]: () => void process.off("SIGHUP", reload) };
}

async function reloadOne(reporter: Reporter, { url, endpoint }: Listened): Promise<void> {
  try {
    await endpoint.reload?.();
    reporter.tell({ event: "reloaded", url }, `${url}: certificates read again`);
  } catch (error) {
    const message = messageOf(error);
    reporter.fault(
      { event: "error", during: "reload", url, message, ...codeOf(error) },
      `${url}: Cannot reload: ${message}; what there was stays in use`,
    );
  }
}
