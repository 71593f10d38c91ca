import assert from "node:assert/strict";
import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { missingPrograms } from "../../tools/missing-programs.ts";
import type { Outcome } from "../interop/program.ts";
import { runToEnd } from "../interop/program.ts";
import { Scratch } from "../interop/scratch.ts";

// What is published, installed as users do it, without a network and without a script that is run.
const root = fileURLToPath(new URL("../../..", import.meta.url));
const missing = missingPrograms(["gcc", "npm", "tar"]);
const target = `linux-${process.arch}`;
const isMusl = !(
  "glibcVersionRuntime" in (process.report.getReport() as { header: object }).header
);
const isTarget = process.platform === "linux" && ["x64", "arm64"].includes(process.arch);
const skip: string | false = isTarget
  ? missing.length > 0 && `needs ${missing.join(", ")} on PATH`
  : "no package is made for this platform";

describe("the packages, installed", { skip }, () => {
  const scratch = new Scratch();
  after(() => scratch[Symbol.dispose]());
  const packages = scratch.path("packages");

  let told = "";
  before(async () => {
    ({ stdout: told } = await succeed(
      process.execPath,
      [join(root, "build/tools/pack-packages.js"), packages],
      root,
    ));
  });

  it("have nothing in them that an install could run, and nothing for whoever builds them", async () => {
    const args = ["-xzOf", tarball("overwall-0"), "package/package.json"];
    const { stdout } = await succeed("tar", args, scratch.folder);
    const { devDependencies, scripts } = JSON.parse(stdout) as Record<string, unknown>;
    assert.deepEqual([devDependencies, scripts], [undefined, undefined]);
  });

  it("are told with the line that installs those for this machine", () => {
    const [, line] = /^ {2}npm install (.*)$/m.exec(told) ?? assert.fail(told);
    const here = `overwall-native-${target}${isMusl ? "-musl" : ""}-0`;
    assert.deepEqual(line?.split(" "), [tarball("overwall-0"), tarball(here)]);
  });

  it("run on the native driver with the package for the platform", async () => {
    const at = await install("both", [
      tarball("overwall-0"),
      tarball(`overwall-native-${target}-0`),
    ]);
    const { driver, driverNote } = await tcpIn(at);
    assert.deepEqual([driver, driverNote], ["native", undefined]);
    assert.equal(await echoIn(at), "native: thrown over the wall\n");
  });

  it("run on the portable driver without it, and say what to do; that is enough", async () => {
    const headers = join(root, "node_modules/node-api-headers");
    const at = await install("main", [tarball("overwall-0")]);
    const { driver, driverNote = "" } = await tcpIn(at);
    assert.equal(driver, "portable");
    assert.equal(await echoIn(at), "portable: thrown over the wall\n");
    assert.ok(driverNote.includes(`npm install @overwall/native-${target}`), driverNote);
    const build = /"node (\S+)"/.exec(driverNote)?.[1] ?? driverNote;
    await npmInstall(at, [await packed(headers)]);
    await succeed(process.execPath, [build, "--strict"], at);
    assert.equal((await tcpIn(at)).driver, "native");
  });

  it("do not load a compiled part of another version", async () => {
    const at = await install("other", [tarball("overwall-0")]);
    const folder = join(at, "node_modules/@overwall", `native-${target}`);
    mkdirSync(folder, { recursive: true });
    const name = `@overwall/native-${target}`;
    writeFileSync(join(folder, "package.json"), JSON.stringify({ name, version: "0.0.9" }));
    const { driver, driverNote = "" } = await tcpIn(at);
    assert.equal(driver, "portable");
    assert.match(driverNote, /is of version 0\.0\.9, not /);
  });

  function tarball(prefix: string): string {
    const found = readdirSync(packages).find((name) => name.startsWith(prefix));
    assert.ok(found !== undefined, `${prefix} is not among ${readdirSync(packages).join()}`);
    return join(packages, found);
  }

  /** A package from our own node_modules, as a tarball: nothing is asked of a registry. */
  async function packed(folder: string): Promise<string> {
    const args = ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination"];
    const { stdout } = await succeed("npm", [...args, scratch.folder, folder], scratch.folder);
    return scratch.path(stdout.trim().split("\n").at(-1) ?? "");
  }

  async function install(name: string, tarballs: readonly string[]): Promise<string> {
    const at = scratch.path(name);
    mkdirSync(at);
    writeFileSync(join(at, "package.json"), JSON.stringify({ private: true, type: "module" }));
    await npmInstall(at, [...tarballs, await packed(join(root, "node_modules/commander"))]);
    return at;
  }

  async function npmInstall(at: string, tarballs: readonly string[]): Promise<void> {
    const args = ["install", "--offline", "--no-audit", "--no-fund", "--omit=optional", "--cache"];
    await succeed("npm", [...args, scratch.path("cache"), ...tarballs], at);
  }
});

interface Row {
  readonly scheme?: string;
  readonly driver?: string;
  readonly driverNote?: string;
}

async function tcpIn(at: string): Promise<Row> {
  const { stdout } = await succeed(join(at, "node_modules/.bin/overwall"), ["wires", "--json"], at);
  const rows = stdout
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line) as Row);
  const row = rows.find(({ scheme }) => scheme === "tcp");
  assert.ok(row !== undefined, stdout);
  return row;
}

async function echoIn(at: string): Promise<string> {
  writeFileSync(join(at, "echo.js"), ECHO);
  return (await succeed(process.execPath, ["echo.js"], at)).stdout;
}

const ECHO = `
import { connect, serve } from "overwall";
import { tcp } from "overwall/tcp";
const server = await serve(tcp({ port: 0 }), async (peer) => {
  for await (const chunk of peer) await peer.send(chunk);
});
const { port } = server.getHost();
const peer = await connect(tcp({ port }));
await peer.send("thrown over the wall\\n");
await peer.end();
let text = "";
for await (const chunk of peer) text += Buffer.from(chunk).toString();
process.stdout.write(peer.transport.driver + ": " + text);
await server.close();
`;

async function succeed(command: string, args: readonly string[], cwd: string): Promise<Outcome> {
  // Chosen for the tests around this; here it is chosen as it is for users.
  const without = ["OVERWALL_DRIVER", "OVERWALL_ADDON"].flatMap((name) => ["-u", name]);
  const outcome = await runToEnd("env", [...without, command, ...args], { cwd });
  assert.equal(
    outcome.status,
    0,
    `${command} ${args.join(" ")}:\n${outcome.stdout}${outcome.stderr}`,
  );
  return outcome;
}
