#!/usr/bin/env node
import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import type { ConformOptions } from "./conform.ts";
import type { ConnectOptions } from "./connect.ts";
import { EXIT, UsageError } from "./exit-code.ts";
import type { CommonOptions } from "./options.ts";
import { withCommon, withPace, withTraffic } from "./options.ts";
import type { RelayCommandOptions } from "./relay.ts";
import { Reporter } from "./reporter.ts";
import type { ServeOptions } from "./serve-command.ts";
import type { TourOptions } from "./tour/tour.ts";

const AFTER_HELP = `
A URL names where to listen or to connect, by where it stands:
  tcp://127.0.0.1:8007  unix:///run/app.sock  unix:@name  memory://name
  stdio:  fd:3  file:///var/log/x?append  process:sort -u  pty:bash -l
  tls://example.org:443  tls+unix:///run/app.sock
"overwall wires" lists them with their options, as in tcp://:8007?keepAlive.

Exit codes: 0 done, 1 failed, 2 usage, 124 a time limit passed, 130 interrupted
(SIGINT, or SIGTERM or SIGHUP when a connection had to be cut at the end of --drain).
Where there is one connection and one of its ends is a process, that one's own.`;

const AFTER_LISTEN_HELP = `
Where it listens over TLS, SIGHUP reads certificates, keys and authorities again: connections made
from then on get them. What cannot be used is told, and changes nothing.`;

const AFTER_CONNECT_HELP = `
With --raw, and from a terminal to pty:, Ctrl-C and all other keys go to the far side, and so does
the size of the window with pty:. Ctrl-] three times within a second leaves. The end of input is
typed as Ctrl-D on a pty:, which is cut when it is silent for --half-open-idle after that.`;

const AFTER_SERVE_HELP = `
The default export of a module such as ./my-protocol.js is one of these:
  a class            a protocol, made anew for every connection
  an async function  a handler, called with a Connection; its return closes
  another function   a factory, called with the peer's address; it returns a protocol, or null
A protocol has connectionMade(transport), dataReceived(data) and connectionLost(reason).`;

/** Known before the command line is read, since its mistakes are events as well. */
const eventsOfMistakes = whereMistakesGo(process.argv.slice(2));

const separator = process.argv[2] === "serve" ? process.argv.indexOf("--") : -1;
const ownArguments = separator < 0 ? process.argv : process.argv.slice(0, separator);
/** What stands behind `--` in `overwall serve URL… -- COMMAND`. */
const commandLine = separator < 0 ? undefined : process.argv.slice(separator + 1);

const program = new Command("overwall")
  .description("Byte streams between any two wires, with nothing lost and every end explained.")
  .version(versionOfPackage(), "-V, --version")
  .showHelpAfterError("(overwall --help tells more)")
  .configureOutput({ writeOut })
  .configureOutput(
    eventsOfMistakes === null
      ? { outputError: (text, write) => write(text.replace(/^error:/, "overwall:")) }
      : { outputError: () => {}, writeErr: () => {} },
  )
  .addHelpText("after", AFTER_HELP)
  .exitOverride();

withTraffic(program.command("relay <listen> <connect>"))
  .description("join every connection to LISTEN with a new one to CONNECT")
  .option("--no-shortcut", "show every byte to JavaScript, also where the driver could carry it")
  .addHelpText("after", AFTER_LISTEN_HELP)
  .action((listen: string, connect: string, options: RelayCommandOptions) =>
    perform(options, eventsBeside([listen, connect]), async (reporter) =>
      (await import("./relay.ts")).run(reporter, listen, connect, options),
    ),
  );

withTraffic(program.command("connect <url>"))
  .description("join standard input and output to URL")
  .option("--tls-info", "what the TLS handshake settled, on stderr")
  .option("--raw", "from a terminal: every key as it is pressed, unechoed (with pty: the default)")
  .option("--no-raw", "lines, as the terminal gives them")
  .addHelpText("after", AFTER_CONNECT_HELP)
  .action((url: string, options: ConnectOptions) =>
    perform(options, process.stderr, async (reporter) =>
      (await import("./connect.ts")).run(reporter, url, options),
    ),
  );

withTraffic(program.command("serve <protocol> [url...]"))
  .description("serve echo, discard, chargen, chat or ./my-protocol.js on any number of wires")
  .usage(
    "[options] <protocol> <url...>\n       overwall serve [options] <url...> -- <command> [arg...]",
  )
  .addHelpText(
    "after",
    `${AFTER_SERVE_HELP}\n${AFTER_LISTEN_HELP}\n\nWith -- a process of its own is started for every connection.`,
  )
  .option("--pty", "with --: each process on a terminal of its own, on this machine alone")
  .option("--insecure", "with --pty: for whoever reaches it, without a password")
  .action((first: string, rest: string[], options: ServeOptions) =>
    perform(options, eventsBeside([first, ...rest]), async (reporter) => {
      if (commandLine === undefined && options.pty === true) {
        throw new UsageError('Cannot serve on a terminal: expected "--" and a command');
      }
      if (commandLine === undefined) {
        await (await import("./serve.ts")).run(reporter, first, rest, options);
      } else {
        await (await import("./serve-command.ts")).run(
          reporter,
          [first, ...rest],
          commandLine,
          options,
        );
      }
    }),
  );

withCommon(program.command("conform [url]"))
  .description("run the conformance suite on a wire, or through a proxy")
  .option(
    "--through <listen=connect>",
    "our client at LISTEN, our server at CONNECT, yours between",
  )
  .option("--case <id>", "only cases with this in their id; may be repeated", collected)
  .option("--tap", "the results as TAP")
  .action((url: string | undefined, options: ConformOptions) =>
    perform(options, process.stdout, async (reporter) =>
      (await import("./conform.ts")).run(reporter, url, options),
    ),
  );

withCommon(program.command("wires"))
  .description("what works here, per wire, and what would make the rest work")
  .action((options: CommonOptions) =>
    perform(options, process.stdout, async (reporter) =>
      (await import("./wires.ts")).run(reporter),
    ),
  );

withPace(withCommon(program.command("tour")))
  .description("one protocol on every wire, proven while you watch")
  .option("--plain", "no colours; as without a terminal, or with CI or NO_COLOR set")
  .option("--hold", "keep the room open to be joined, until an interrupt")
  .option("--wire <name>", "only this wire; may be repeated", collected)
  .option("--source", "show the class that the room is made of, and nothing else")
  .option("--why", "tell what is not applicable, and for want of what, and nothing else")
  .action((options: TourOptions) =>
    perform(options, process.stdout, async (reporter) =>
      (await import("./tour/tour.ts")).run(reporter, options),
    ),
  );

/**
 * Runs a command; what it throws becomes one message and an exit code.
 *
 * @param events where `--json` writes: stdout, unless the command has data for it.
 */
async function perform(
  options: CommonOptions,
  events: NodeJS.WriteStream,
  command: (reporter: Reporter) => Promise<void>,
): Promise<void> {
  const reporter = new Reporter(options, events);
  try {
    await command(reporter);
  } catch (error) {
    reporter.fail(error);
  }
}

/** Where `--json` writes beside these wires: not where one of them does. */
function eventsBeside(specs: readonly string[]): NodeJS.WriteStream {
  const isTaken = specs.some((spec) => /^(?:[^:]*\+)?stdio:|^fd:/.test(spec));
  return isTaken ? process.stderr : process.stdout;
}

/** With `--json`: where the command's events go. @returns null without. */
function whereMistakesGo(args: readonly string[]): NodeJS.WriteStream | null {
  const end = args.indexOf("--");
  const read = end < 0 ? args : args.slice(0, end);
  if (!read.includes("--json")) return null;
  const command = read.find((one) => !one.startsWith("-"));
  return command === "connect" ? process.stderr : process.stdout;
}

function tellMistake({ message }: CommanderError, events: NodeJS.WriteStream): void {
  const reporter = new Reporter({ json: true, color: "never" }, events);
  reporter.fail(new UsageError(message.replace(/^error: /, "")));
}

function collected(one: string, before: readonly string[] = []): readonly string[] {
  return [...before, one];
}

/** The package's own, found above wherever this file was compiled to. */
function versionOfPackage(): string {
  for (const up of ["../../package.json", "../../../package.json"]) {
    try {
      const text = readFileSync(new URL(up, import.meta.url), "utf8");
      return (JSON.parse(text) as { version: string }).version;
    } catch {}
  }
  return "unknown";
}

try {
  await program.parseAsync(ownArguments);
} catch (error) {
  if (!(error instanceof CommanderError)) throw error;
  process.exitCode = error.exitCode === 0 ? EXIT.done : EXIT.usage;
  if (error.exitCode !== 0 && eventsOfMistakes !== null) tellMistake(error, eventsOfMistakes);
}

/** Help, and the version: a reader that went away is no failure of ours. */
function writeOut(text: string): void {
  process.stdout.on("error", () => {});
  process.stdout.write(text);
}
