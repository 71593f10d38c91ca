import { Connection } from "../../src/bridges/index.ts";
import type { TransportSocket } from "../../src/bridges/node-streams.ts";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import type { Address, ClientEndpoint, Endpoint, Transport } from "../../src/contract/index.ts";
import { relay } from "../../src/join/index.ts";
import { tls } from "../../src/layers/tls/index.ts";
import { memoryNetwork } from "../../src/memory/index.ts";
import { childProcess } from "../../src/wires/process/index.ts";
import type { Scratch } from "../interop/scratch.ts";
import type { SocketWire } from "../interop/socket-address.ts";
import { endpointAt, freshAddress, socketAddressOf, urlOf } from "../interop/socket-address.ts";
import type { Server } from "./server.ts";
import { certified } from "./server.ts";

/** A connection to a server, as a socket for a client library, and what its end will tell. */
export interface Dialled {
  readonly socket: TransportSocket;
  readonly near: Connection;
}

/** How a client gets to a server, opened. */
export interface Road extends AsyncDisposable {
  /** What `connect` of this library takes to get there. */
  readonly endpoint: ClientEndpoint;
  dial(): Promise<Dialled>;
  /** Cuts, from somewhere in between, all connections that go this way. */
  readonly cut: (() => Promise<void>) | null;
}

/** A kind of wire, or a stack of them, between a client library and its server. */
export interface Way {
  readonly name: string;
  readonly needs: readonly string[];
  /** The reason's code after a cut in between; `null` where it looks like an orderly end. */
  readonly cutCode: string | null;
  /** Which of the server's sockets it comes to. */
  readonly endsAt: SocketWire;
  open(server: Server, scratch: Scratch): Promise<Road>;
}

/** All the ways there are: two lead to the server itself, the others through somebody. */
export const WAYS: readonly Way[] = [
  {
    name: "tcp",
    needs: [],
    cutCode: null,
    endsAt: "tcp",
    open: async ({ tcp }) => roadTo(endpointAt(tcp)),
  },
  {
    name: "unix",
    needs: [],
    cutCode: null,
    endsAt: "unix",
    open: async ({ unix }) => roadTo(endpointAt(unix)),
  },
  secureWay("tcp", "ERR_WIRE_RESET"),
  secureWay("unix", "ERR_WIRE_TRUNCATED"),
  {
    name: "memory, to a relay",
    needs: [],
    cutCode: "ERR_WIRE_RESET",
    endsAt: "tcp",
    open: async ({ tcp }) => {
      const here = memoryNetwork().endpoint("here");
      return relayed(here, endpointAt(tcp), () => here);
    },
  },
  {
    name: "process:socat",
    needs: ["socat"],
    cutCode: "ERR_WIRE_PROCESS_EXIT",
    endsAt: "unix",
    open: async ({ unix }) => {
      const [, path] = urlOf(unix).split("unix://");
      const args = ["-", `UNIX-CONNECT:${path}`];
      // What it says of a server that was killed is no news.
      const fds = { 0: "w", 1: "r", 2: "null" } as const;
      const endpoint = childProcess({ command: "socat", args, env: "inherit", fds });
      return roadTo(endpoint as ClientEndpoint, ({ near }) => {
        const transport = near.transport as Transport & { signalProcess(name: string): boolean };
        transport.signalProcess("SIGKILL");
      });
    },
  },
];

/** TLS over a wire, to a relay of ours that takes it off. */
function secureWay(wire: SocketWire, cutCode: string): Way {
  return {
    name: `tls+${wire}, to a relay`,
    needs: [],
    cutCode,
    endsAt: wire,
    open: async (server, scratch) => {
      const { cert, key } = await certified;
      const lower = endpointAt(freshAddress(wire, scratch));
      return relayed(tls(lower, { cert, key }), endpointAt(server[wire]), (at) =>
        tls(endpointAt(socketAddressOf(at)), { ca: cert, servername: "localhost" }),
      );
    },
  };
}

async function relayed(
  from: Endpoint,
  onto: Endpoint,
  leadingTo: (at: Address) => ClientEndpoint,
): Promise<Road> {
  const between = await relay(from, onto);
  const road = roadTo(leadingTo(between.getHost()));
  return {
    ...road,
    cut: async () => {
      for (const connection of between.connections) connection.abort();
    },
    [Symbol.asyncDispose]: async () => {
      await road[Symbol.asyncDispose]();
      await between.close({ graceMs: 0 });
    },
  };
}

function roadTo(endpoint: ClientEndpoint, cut?: (dialled: Dialled) => void): Road {
  const all: Dialled[] = [];
  return {
    endpoint,
    dial: async () => {
      const near = await endpoint.connect(new Connection());
      const dialled = { near, socket: toNetSocket(near) };
      all.push(dialled);
      return dialled;
    },
    cut:
      cut === undefined
        ? null
        : async () => {
            for (const dialled of all.splice(0)) cut(dialled);
          },
    [Symbol.asyncDispose]: async () => {
      for (const { near, socket } of all) {
        socket.destroy();
        await near.closed;
      }
    },
  };
}
