import { quoteWord } from "../contract/index.ts";
import { UsageError } from "./exit-code.ts";
import type { TrafficOptions } from "./options.ts";
import { run as relay } from "./relay.ts";
import type { Reporter } from "./reporter.ts";

/** `overwall serve URL -- COMMAND`: a process of its own for every connection. */
export async function run(
  reporter: Reporter,
  urls: readonly string[],
  words: readonly string[],
  options: TrafficOptions,
): Promise<void> {
  const [url, more] = urls;
  if (words.length === 0) throw new UsageError('Cannot serve: expected a command behind "--"');
  if (url === undefined || more !== undefined) {
    throw new UsageError('Cannot serve a command: expected one URL before "--"');
  }
  await relay(reporter, url, `process:${words.map(quoteWord).join(" ")}`, options);
}
