import { quoteWord } from "../contract/index.ts";
import { childProcess } from "../wires/process/index.ts";
import { UsageError } from "./exit-code.ts";
import type { TrafficOptions } from "./options.ts";
import { relayOnto } from "./relay.ts";
import type { Reporter } from "./reporter.ts";

/** `overwall serve URL… -- COMMAND`: a process of its own for every connection, on all URLs. */
export async function run(
  reporter: Reporter,
  urls: readonly string[],
  words: readonly string[],
  options: TrafficOptions,
): Promise<void> {
  const [command, ...args] = words;
  if (command === undefined) throw new UsageError('Cannot serve: expected a command behind "--"');
  if (command === "") throw new UsageError('Cannot serve: the command behind "--" is empty');
  const target = `process:${words.map(quoteWord).join(" ")}`;
  // Not by way of a string: what stands in an argument is nobody's option, and nobody's password.
  const onto = childProcess({ command, args, env: "inherit" });
  await relayOnto(reporter, { urls, target, onto, what: `serve ${command} on` }, options);
}
