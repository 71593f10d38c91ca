import { execFileSync, spawn } from "node:child_process";
import { fstatSync, openSync } from "node:fs";
import { devNull } from "node:os";
import type { Protocol, StdioTransport } from "../../../src/contract/index.ts";
import { finishStdio, stdio } from "../../../src/wires/stdio/index.ts";

/** What a child does with its standard streams: `node stdio-program.js WHAT`. */
const MIB = 1024 * 1024;

const SILENT: Protocol<StdioTransport> = {
  connectionMade: () => undefined,
  dataReceived: () => undefined,
  connectionLost: () => undefined,
};

const PROGRAMS: Readonly<Record<string, () => Promise<void>>> = {
  print: async () => {
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => {
        transport.write(new Uint8Array(MIB));
        transport.loseConnection();
      },
    });
    tell("returned");
  },
  finish: async () => {
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => transport.write(new Uint8Array(MIB)),
    });
    const finished = finishStdio(3);
    tell("finishing");
    await finished;
    process.exit();
  },
  echo: async () => {
    let mine: StdioTransport;
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => {
        mine = transport;
      },
      dataReceived: (data) => mine.write(data),
    });
  },
  /** Writes until it is told to pause; then its reader takes no more. */
  fill: async () => {
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => {
        let isPaused = false;
        const write = (): void => {
          if (!isPaused) transport.write(new Uint8Array(MIB));
          if (!isPaused) setImmediate(write);
        };
        const pauseProducing = (): void => {
          if (!isPaused) tell("paused");
          isPaused = true;
        };
        const resumeProducing = (): void => {
          isPaused = false;
          write();
        };
        transport.registerProducer(
          { pauseProducing, resumeProducing, stopProducing: () => undefined },
          true,
        );
        write();
      },
      readConnectionLost: () => undefined,
      writeConnectionLost: () => {
        tell("writeLost");
        process.exit();
      },
    });
  },
  /** Writes nothing, until nobody would read it. */
  idle: async () => {
    await stdio({ driver: "native" }).connect({
      ...SILENT,
      readConnectionLost: () => undefined,
      writeConnectionLost: () => {
        tell("writeLost");
        process.exit();
      },
    });
    setInterval(() => undefined, 1000);
  },
  /** The same with Node's own stream. */
  naiveFill: async () => {
    process.stdout.write(new Uint8Array(MIB));
    tell("paused");
  },
  /** Tells what could not be opened anew; ends its output, then hears its input out. */
  half: async () => {
    await stdio({ closeOutput: true }).connect({
      ...SILENT,
      connectionMade: (transport) => {
        tell(`${transport.driver}: nonBlocking ${transport.nonBlocking.join(",")}`);
        transport.write(Buffer.from("all"));
        transport.loseWriteConnection();
      },
      dataReceived: (data) => tell(`heard ${Buffer.from(data).toString()}`),
      readConnectionLost: () => tell("input ended"),
    });
  },
  /** Answers on 3, which it ends, and opens another file as soon as that has ended. */
  third: async () => {
    let mine: StdioTransport;
    let other = -1;
    await stdio({ output: 3, closeOutput: true }).connect({
      ...SILENT,
      connectionMade: (transport) => {
        mine = transport;
        tell("made");
      },
      dataReceived: (data) => {
        mine.write(data);
        if (Buffer.from(data).includes("last")) mine.loseWriteConnection();
      },
      readConnectionLost: () => undefined,
      writeConnectionLost: () => {
        other = openSync(devNull, "r");
      },
      connectionLost: ({ kind }) => {
        const isOther = fstatSync(other).isCharacterDevice();
        tell(`lost ${kind}, the other file is ${isOther ? "open" : "another"} as ${other}`);
      },
    });
  },
  /** One key, as it is pressed. */
  key: async () => {
    let mine: StdioTransport;
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => {
        mine = transport;
        transport.setRawMode(true);
        transport.write(Buffer.from("press\r\n"));
      },
      dataReceived: (data) => {
        mine.write(Buffer.from(`key ${Buffer.from(data).toString()}\r\n`));
        mine.loseConnection();
      },
    });
  },
  /** Compares the terminal's settings with those in $WAS when the connection is over. */
  cooked: async () => {
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => {
        transport.setRawMode(true);
        transport.loseConnection();
      },
      connectionLost: () => {
        const compare = 'test "$WAS" = "$(stty -g)" && echo same';
        execFileSync("sh", ["-c", compare], { stdio: "inherit" });
      },
    });
  },
  /** Exits without another word, in raw mode. */
  exitRaw: async () => {
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => transport.setRawMode(true),
    });
    process.exit();
  },
  terminal: async () => {
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => {
        transport.setRawMode(true);
        const size = transport.terminalSize;
        transport.write(
          Buffer.from(`terminal ${transport.isTerminal.input} ${size?.columns}x${size?.rows}\r\n`),
        );
        transport.onTerminalResize(({ columns, rows }) => {
          transport.write(Buffer.from(`resized ${columns}x${rows}\r\n`));
          // Rows and columns are changed one after the other.
          if (columns === 70) transport.loseConnection();
        });
        resize();
      },
    });
  },
};

/** One line on standard error, which is nobody's wire here. */
function tell(words: string): void {
  process.stderr.write(`${words}\n`);
}

/** Changes the size of our own terminal, as its window would. */
function resize(): void {
  spawn("stty", ["rows", "20", "cols", "70"], { stdio: "inherit" });
}

await PROGRAMS[process.argv[2] ?? ""]?.();
