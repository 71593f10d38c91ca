import { quoteWord } from "../contract/index.ts";
import { parse } from "../endpoints/index.ts";
import { childProcess } from "../wires/process/index.ts";
import { pty } from "../wires/pty/index.ts";
import { UsageError } from "./exit-code.ts";
import { warnOfAbsent } from "./find-program.ts";
import type { TrafficOptions } from "./options.ts";
import { relayOnto } from "./relay.ts";
import type { Reporter } from "./reporter.ts";

export interface ServeOptions extends TrafficOptions {
  readonly pty?: boolean;
  readonly insecure?: boolean;
}

/** `overwall serve URL… -- COMMAND`: a process of its own for every connection, on all URLs. */
export async function run(
  reporter: Reporter,
  urls: readonly string[],
  words: readonly string[],
  options: ServeOptions,
): Promise<void> {
  const [command, ...args] = words;
  if (command === undefined) throw new UsageError('Cannot serve: expected a command behind "--"');
  if (command === "") throw new UsageError('Cannot serve: the command behind "--" is empty');
  const isOnTerminal = options.pty === true;
  if (isOnTerminal && options.insecure !== true) urls.forEach(refuseStrangers);
  const target = `${isOnTerminal ? "pty" : "process"}:${words.map(quoteWord).join(" ")}`;
  // Not by way of a string: what stands in an argument is nobody's option, and nobody's password.
  const program = { command, args, env: "inherit" } as const;
  const onto = isOnTerminal ? pty({ ...program, endOfInput: "typed" }) : childProcess(program);
  warnOfAbsent(reporter, command);
  await relayOnto(reporter, { urls, target, onto, what: `serve ${command} on` }, options);
}

/** Whoever reaches a terminal owns it: without a word for it, only this machine does. */
function refuseStrangers(url: string): void {
  const { place } = parse(url);
  if (place.form !== "authority" || isLoopback(place.host)) return;
  throw new UsageError(
    `Cannot serve a terminal on ${url}: whoever reaches it could use it, without a password; ` +
      "listen on 127.0.0.1, or say --insecure",
  );
}

/** A name may lead anywhere. */
function isLoopback(host: string): boolean {
  return host === "" || host === "localhost" || host === "::1" || /^127\./.test(host);
}
