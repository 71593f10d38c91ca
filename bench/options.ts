import { parseArgs } from "node:util";
import type { Lengths } from "./measure.ts";
import { quickPeers } from "./peers.ts";
import { quickWorkloads, workloads } from "./workloads.ts";

/** What the command line asks for. */
export interface Options {
  readonly isHelp: boolean;
  readonly isFetching: boolean;
  readonly isWritingReadme: boolean;
  readonly isListing: boolean;
  readonly workloads: readonly string[];
  /** Null where none is named: see `companyOf`. */
  readonly peers: readonly string[] | null;
  readonly lengths: Lengths;
  readonly file: string | null;
  /** Other workloads are in the file, and stay there. */
  readonly isAdding: boolean;
}

export const USAGE = `npm run bench -- [options]

  --quick              few workloads, few peers, few rounds: under two minutes
  --workload NAME      only this one; may be repeated
  --peer NAME          only this one, with what it is compared to; may be repeated; "all": everybody
                       (default: whom the targets of a workload need; for small writes and echo
                       with 50 and 1000 connections everybody); who is left out is named
  --only               with --peer: do not add those it is compared to
  --rounds N           pairs (default 7; quick 3)
  --seconds S          how long a run is measured (default 1; quick 0.4)
  --json FILE          where the results go (default
                        bench/results/DATE.json)
  --add                with --json: keep the workloads that are in FILE
  --list               workloads and peers, and what is missing
  --fetch-peers        install other Nodes, Bun and Deno outside the project
  --write-readme       write --json FILE, or the newest results, into README.md, and the plot
  --help
`;

/** @throws {RangeError | TypeError} for words that are not known. */
export function readOptions(args: readonly string[]): Options {
  const { values } = parseArgs({ args: [...args], options: WORDS });
  const isQuick = values.quick === true;
  const peers = values.peer ?? (isQuick ? quickPeers : null);
  const compared = values.only === true ? [] : ["node-net", "c-epoll"];
  return {
    isHelp: values.help === true,
    isFetching: values["fetch-peers"] === true,
    isWritingReadme: values["write-readme"] === true,
    isListing: values.list === true,
    workloads: values.workload ?? (isQuick ? quickWorkloads : workloads.map(({ id }) => id)),
    peers: peers === null ? null : [...new Set([...peers, ...compared])],
    lengths: {
      rounds: positive("--rounds", values.rounds, isQuick ? 3 : 7),
      warmupS: isQuick ? 0.3 : 0.5,
      seconds: positive("--seconds", values.seconds, isQuick ? 0.4 : 1),
      bytes: (isQuick ? 256 : 1024) * 1024 * 1024,
    },
    file: values.json ?? null,
    isAdding: values.add === true && values.json !== undefined,
  };
}

const WORDS = {
  quick: { type: "boolean" },
  workload: { type: "string", multiple: true },
  peer: { type: "string", multiple: true },
  only: { type: "boolean" },
  rounds: { type: "string" },
  seconds: { type: "string" },
  json: { type: "string" },
  add: { type: "boolean" },
  list: { type: "boolean" },
  "fetch-peers": { type: "boolean" },
  "write-readme": { type: "boolean" },
  help: { type: "boolean" },
} as const;

function positive(name: string, given: string | undefined, otherwise: number): number {
  const value = given === undefined ? otherwise : Number(given);
  if (Number.isFinite(value) && value > 0) return value;
  throw new RangeError(`${name} takes a number above 0, not ${JSON.stringify(given)}`);
}
