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
  },
  finish: async () => {
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => transport.write(new Uint8Array(MIB)),
    });
    await finishStdio(3);
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
  fill: async () => {
    await stdio().connect({
      ...SILENT,
      connectionMade: (transport) => {
        const write = (): void => transport.write(new Uint8Array(MIB));
        transport.registerProducer(
          { resumeProducing: write, stopProducing: () => undefined },
          false,
        );
      },
      readConnectionLost: () => undefined,
      writeConnectionLost: () => {
        process.stderr.write("writeLost\n");
        process.exit();
      },
    });
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
          transport.loseConnection();
        });
        void resize();
      },
    });
  },
};

/** Changes the size of our own terminal, as its window would. */
async function resize(): Promise<void> {
  const { spawn } = await import("node:child_process");
  spawn("stty", ["rows", "20", "cols", "70"], { stdio: "inherit" });
}

await PROGRAMS[process.argv[2] ?? ""]?.();
