import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { cases, conformance, loopbackWire, register } from "../../src/testing/index.ts";

const here = dirname(fileURLToPath(import.meta.url));

test("without any runner: a loop runs the suite", async () => {
  let passed = 0;
  for (const { run, skip, case: one } of conformance(loopbackWire())) {
    assert.equal(skip !== undefined, one.needs.includes("descriptors"), skip);
    if (skip !== undefined) continue;
    await run();
    passed++;
  }
  assert.ok(passed > cases.length, `only ${passed} ran`);
});

test("a runner is a function of a name and a body; skips it does not know stand in the name", async () => {
  const registered: string[] = [];
  const bodies: (() => Promise<void>)[] = [];
  const wire = { ...loopbackWire(), capabilities: new Set(["halfClose"] as const) };
  register(wire, (name, body) => {
    registered.push(name);
    bodies.push(body);
  });
  const skipped = registered.filter((name) => name.includes("# skipped: the wire has no abort"));
  assert.ok(skipped.length > 0);
  assert.equal(registered.length, conformance(wire).length);
  await bodies[registered.indexOf(skipped[0] ?? "")]?.();
});

test("a runner that knows skips is told of them, and of nothing else", () => {
  const told: string[] = [];
  const run: string[] = [];
  const wire = { ...loopbackWire(), capabilities: new Set(["halfClose"] as const) };
  register(wire, (name) => run.push(name), { skip: (_, reason) => told.push(reason) });
  assert.ok(told.length > 0 && told.every((reason) => reason.startsWith("the wire has no ")));
  assert.equal(told.length + run.length, conformance(wire).length);
});

test("the same under vitest", async () => {
  const vitest = createRequire(import.meta.url).resolve("vitest/package.json");
  const child = spawn(
    process.execPath,
    [
      join(dirname(vitest), "vitest.mjs"),
      "run",
      "--root",
      here,
      "conformance.spec",
      "--globals",
      "--no-color",
    ],
    { env: { ...process.env, CI: "1" }, stdio: ["ignore", "pipe", "pipe"] },
  );
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text: string) => {
      output += text;
    });
  }
  const [status] = (await once(child, "close")) as [number | null];
  assert.equal(status, 0, output);
  assert.match(output, new RegExp(`Tests\\s+${conformance(loopbackWire()).length} passed`));
});
