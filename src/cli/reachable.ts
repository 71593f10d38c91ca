import { parse, schemes } from "../endpoints/index.ts";
import { UsageError } from "./exit-code.ts";

/**
 * Refuses to listen where nobody can come: memory is reached from within the process only.
 *
 * @throws {UsageError} when every URL is memory; beside others it does no harm.
 */
export function refuseMemoryAlone(what: string, urls: readonly string[]): void {
  if (!urls.every((url) => parse(url).layers.some(({ scheme }) => scheme === "memory"))) return;
  throw new UsageError(
    `Cannot ${what} ${urls.join(" ")}: memory is reached from within this process only, ` +
      "so nobody could connect; listen on tcp://127.0.0.1:0 or unix:///path instead",
  );
}

/** Whether what `url` listens on is one connection, and over with it, as standard input is. */
export function servesOne(url: string): boolean {
  const { layers } = parse(url);
  const scheme = schemes().find(({ name }) => name === layers.at(-1)?.scheme);
  return scheme?.servesOne === true;
}
