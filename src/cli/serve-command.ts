import { quoteWord } from "../contract/index.ts";
import { parse } from "../endpoints/index.ts";
import { UsageError } from "./exit-code.ts";
import type { TrafficOptions } from "./options.ts";
import { run as relay } from "./relay.ts";
import type { Reporter } from "./reporter.ts";

export interface ServeOptions extends TrafficOptions {
  readonly pty?: boolean;
  readonly insecure?: boolean;
}

/** `overwall serve URL -- COMMAND`: a process of its own for every connection. */
export async function run(
  reporter: Reporter,
  urls: readonly string[],
  words: readonly string[],
  options: ServeOptions,
): Promise<void> {
  const [url, more] = urls;
  if (words.length === 0) throw new UsageError('Cannot serve: expected a command behind "--"');
  if (url === undefined || more !== undefined) {
    throw new UsageError('Cannot serve a command: expected one URL before "--"');
  }
  if (options.pty === true && options.insecure !== true) refuseStrangers(url);
  const scheme = options.pty === true ? "pty" : "process";
  await relay(reporter, url, `${scheme}:${words.map(quoteWord).join(" ")}`, options);
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
