import assert from "node:assert/strict";
import { test } from "node:test";
import { checkFloors } from "../../tools/check-floors.ts";
import { shortfalls } from "../../tools/ratchet.ts";
import type { Tree } from "./planted-tree.ts";
import { withTree } from "./planted-tree.ts";

const manifest = JSON.stringify({
  exports: {
    ".": "./dist/index.js",
    "./memory": { browser: "./dist/memory/index.js", default: "./dist/memory/index.js" },
    "./testing": "./dist/testing/index.js",
    "./package.json": "./package.json",
  },
  bin: { overwall: "dist/cli/main.js" },
});

/** A small house that keeps every rule, with a file or two in each room. */
const clean: Tree = {
  "package.json": manifest,
  "src/index.ts": `
    export * from "./contract/index.ts";
    export { join } from "./join/index.ts";
    export { toNode } from "./bridges/node-duplex.ts";
    export { flow } from "./flow/index.ts";`,
  "src/contract/index.ts": `
    export type { Transport } from "./transport.ts";
    export const kinds = { process: "a key, not the global one" };
    // setTimeout, Date and import "node:net" in a comment are nobody's business`,
  "src/contract/transport.ts": `
    import type { Protocol } from "./protocol.ts";
    export interface Transport { readonly process: string; take(next: Protocol): void }`,
  "src/contract/protocol.ts": `
    import type { Transport } from "./transport.ts";
    export interface Protocol { made(transport: Transport): void }`,
  "src/flow/index.ts": `
    import type { Transport } from "../contract/index.ts";
    import "./system-runtime.ts";
    import "./default-on-error.ts";
    export const flow = (transport: Transport): string => \`Date.now() \${transport.process}\`;`,
  "src/flow/system-runtime.ts": "export const later = (): void => void setImmediate(Date.now);",
  "src/flow/default-on-error.ts": "export const report = (e: unknown): void => console.error(e);",
  "src/memory/index.ts": `
    import { flow } from "../flow/index.ts";
    export const pattern = /import "node:net"; setTimeout/;
    export const loopback = flow;`,
  "src/bridges/node-duplex.ts": `
    import { Duplex } from "node:stream";
    export const toNode = (): unknown => [Duplex, Buffer.alloc(1)];`,
  "src/wires/_drivers/choose.ts": `
    import { share } from "../_shared/share.ts";
    export const choose = share;`,
  "src/wires/_shared/share.ts": 'import "node:net"; export const share = 1;',
  "src/wires/tcp/index.ts": `
    import { choose } from "../_drivers/choose.ts";
    import { wire } from "./wire.ts";
    export const tcp = [choose, wire, new URL("./worker.js", import.meta.url)];`,
  "src/wires/tcp/wire.ts": "export const wire = setTimeout;",
  "src/wires/tcp/worker.ts": "export const worker = 1;",
  "src/wires/unix/index.ts": 'import { share } from "../_shared/share.ts"; export const u = share;',
  "src/layers/tls/index.ts": 'import { flow } from "../../flow/index.ts"; export const tls = flow;',
  "src/endpoints/index.ts": `
    export const load = {
      tcp: () => import("../wires/tcp/index.ts"),
      unix: () => import("../wires/unix/index.ts"),
      tls: async () => await import("../layers/tls/index.ts"),
    };`,
  "src/join/index.ts": 'import { load } from "../endpoints/index.ts"; export const join = load;',
  "src/testing/index.ts": `
    import { loopback } from "../memory/index.ts";
    export const cases = [loopback, setTimeout];`,
  "src/cli/main.ts": `
    import { Command } from "commander";
    import { join } from "../index.ts";
    import { conform } from "./conform.ts";
    const load = async (path: string): Promise<unknown> => await import(path);
    console.log(Command, join, conform, load);`,
  "src/cli/conform.ts":
    'import { cases } from "../testing/index.ts"; export const conform = cases;',
};

test("a house that keeps the rules passes, and every file and import of it was seen", async () => {
  const { saw, findings } = await withTree(clean, checkFloors);
  assert.deepEqual(findings, []);
  assert.deepEqual(saw, { files: 21, imports: 29, entries: 4 });
});

test("an empty tree does not pass: what was not seen proves nothing", async () => {
  const tree = { "package.json": JSON.stringify({ exports: {} }) };
  const { saw, findings } = await withTree(tree, checkFloors);
  assert.deepEqual(findings, []);
  const missing = shortfalls("floors", saw, { atLeast: {} });
  assert.deepEqual(
    missing.map(({ rule }) => rule),
    ["saw-too-little", "saw-too-little", "saw-too-little"],
  );
});

test("a tree of which less is seen than before does not pass", async () => {
  const { saw } = await withTree(clean, checkFloors);
  const atLeast = { floors: { files: 21, imports: 30 } };
  const [missing, ...others] = shortfalls("floors", saw, { atLeast });
  assert.match(missing?.message ?? "", /saw 29 imports, fewer than 30/);
  assert.deepEqual(others, []);
});

/** What is added to the end of which file, and the only rule that it must break. */
const faults: readonly {
  readonly fault: string;
  readonly file: string;
  readonly added: string;
  readonly rule: string;
}[] = [
  {
    fault: "the contract sees flow",
    file: "src/contract/index.ts",
    added: 'import type { flow } from "../flow/index.ts";',
    rule: "looks-only-down",
  },
  {
    fault: "flow re-exports memory",
    file: "src/flow/system-runtime.ts",
    added: 'export * as up from "../memory/index.ts";',
    rule: "looks-only-down",
  },
  {
    fault: "a wire loads an endpoint when it is run",
    file: "src/wires/tcp/wire.ts",
    added: 'export const up = async () => await import("../../endpoints/index.ts");',
    rule: "looks-only-down",
  },
  {
    fault: "a room sees the room next door",
    file: "src/bridges/node-duplex.ts",
    added: 'import { loopback } from "../memory/index.ts";',
    rule: "looks-only-down",
  },
  {
    fault: "a layer names the type of a wire",
    file: "src/layers/tls/index.ts",
    added: 'export type Lower = typeof import("../../wires/unix/index.ts");',
    rule: "looks-only-down",
  },
  {
    fault: "a room goes through the front door",
    file: "src/layers/tls/index.ts",
    added: 'import type { join } from "../../index.ts";',
    rule: "looks-only-down",
  },
  {
    fault: "the front door sees a command",
    file: "src/index.ts",
    added: 'export { conform } from "./cli/conform.ts";',
    rule: "looks-only-down",
  },
  {
    fault: "a wire sees another wire",
    file: "src/wires/unix/index.ts",
    added: 'export { wire } from "../tcp/wire.ts";',
    rule: "strangers",
  },
  {
    fault: "what wires share sees one of them",
    file: "src/wires/_shared/share.ts",
    added: 'import { wire } from "../tcp/wire.ts";',
    rule: "strangers",
  },
  {
    fault: "a room of floor 2 needs Node",
    file: "src/memory/index.ts",
    added: 'import { connect } from "node:net";',
    rule: "runs-in-a-browser",
  },
  {
    fault: "the suite needs Node",
    file: "src/testing/index.ts",
    added: 'export const assert = await import("node:assert");',
    rule: "runs-in-a-browser",
  },
  {
    fault: "a wire loads a package that only commands may",
    file: "src/wires/tcp/wire.ts",
    added: 'import { Command } from "commander";',
    rule: "one-door",
  },
  {
    fault: "a built-in module is imported without its prefix",
    file: "src/flow/index.ts",
    added: 'import net from "net";',
    rule: "one-door",
  },
  {
    fault: "a command that is not conform runs the suite",
    file: "src/cli/main.ts",
    added: 'import { cases } from "../testing/index.ts";',
    rule: "only-conform-tests",
  },
  {
    fault: "the front door gives out the suite",
    file: "src/index.ts",
    added: 'export * from "./testing/index.ts";',
    rule: "only-conform-tests",
  },
  {
    fault: "two files import each other",
    file: "src/wires/tcp/wire.ts",
    added: 'import { tcp } from "./index.ts";',
    rule: "no-circles",
  },
  {
    fault: "a wire imports what it computes",
    file: "src/wires/tcp/wire.ts",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is code to look at
    added: "export const any = (name: string) => import(`../${name}/index.ts`);",
    rule: "computed-import",
  },
  {
    fault: "an import leads nowhere",
    file: "src/memory/index.ts",
    added: 'import { gone } from "./gone.ts";',
    rule: "unresolved",
  },
  {
    fault: "nobody imports a file",
    file: "src/memory/forgotten.ts",
    added: "export const forgotten = 1;",
    rule: "nothing-is-forgotten",
  },
  {
    fault: "a folder is on no floor",
    file: "src/attic/index.ts",
    added: 'import "../cli/main.ts";',
    rule: "unknown-room",
  },
  {
    fault: "a command speaks of a file that is not there",
    file: "package.json",
    added: manifest.replace("memory/index.js", "memory/gone.js"),
    rule: "missing-entry",
  },
  ...[
    "Date.now()",
    "performance.now()",
    "setTimeout(loopback, 1)",
    "setImmediate(loopback)",
    "queueMicrotask(loopback)",
    "Math.random()",
    "globalThis",
    "process.pid",
    "Buffer.alloc(1)",
    // biome-ignore lint/suspicious/noTemplateCurlyInString: this is code to look at
    "`in a template ${1 / 2} ${Date.now()}`",
    'or("/*", Date, "*/")',
  ].map((expression) => ({
    fault: `a room of floor 2 uses ${expression}`,
    file: "src/memory/index.ts",
    added: `export const used = ${expression};`,
    rule: "no-ambient",
  })),
  {
    fault: "a wire prints",
    file: "src/wires/tcp/wire.ts",
    added: 'console.log("hello");',
    rule: "no-console",
  },
  {
    fault: "the suite uses a name of Node",
    file: "src/testing/index.ts",
    added: "export const pid = process.pid;",
    rule: "no-ambient",
  },
];

for (const { fault, file, added, rule } of faults) {
  test(`${fault}: ${rule}`, async () => {
    const text = file === "package.json" ? added : `${clean[file] ?? ""}\n${added}\n`;
    const { findings } = await withTree({ ...clean, [file]: text }, checkFloors);
    const broken = new Set(findings.map((finding) => finding.rule));
    // Who looks up at somebody who looks down closes a circle; who is on no floor is reached by
    // nobody.
    if (rule === "looks-only-down" || rule === "strangers") broken.delete("no-circles");
    if (rule === "unknown-room" || rule === "missing-entry") broken.delete("nothing-is-forgotten");
    assert.deepEqual([...broken], [rule], JSON.stringify(findings, null, 2));
  });
}
