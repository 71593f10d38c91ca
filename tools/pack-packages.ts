import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { runProgram } from "./run-program.ts";

/**
 * `npm run pack -- FOLDER`: puts there what is published together: a package with the compiled part
 * for every platform that a compiler is here for, and the main one, which names them as optional.
 * Nothing is run when they are installed.
 */
async function packPackages(folder: string): Promise<void> {
  const root = process.cwd();
  const stage = mkdtempSync(join(tmpdir(), "overwall-packages-"));
  try {
    mkdirSync(folder, { recursive: true });
    const main = manifestOf(root);
    const packed: string[] = [];
    const forHere: string[] = [];
    for (const target of TARGETS) {
      const at = join(stage, target.name);
      const why = await stagePlatform(root, at, target, main);
      if (why === null) {
        const tarball = await npmPack(at, folder);
        packed.push(packageOf(target));
        if (isHere(target)) forHere.push(tarball);
      }
      say(why === null ? `packed: ${packageOf(target)}` : `absent: ${packageOf(target)}: ${why}`);
    }
    const at = await stageMain(root, stage, packed, main);
    const tarball = await npmPack(at, folder);
    say(`packed: ${main.name}`);
    tellNext(folder, [tarball, ...forHere], packed.length < TARGETS.length);
  } finally {
    rmSync(stage, { recursive: true });
  }
}

/** All of them at once would not do: npm refuses what is for another platform. */
function tellNext(folder: string, tarballs: readonly string[], isOneAbsent: boolean): void {
  const files = tarballs.map((name) => quoteForShell(join(folder, name)));
  say(`\nOn this machine:\n  npm install ${files.join(" ")}`);
  if (isOneAbsent)
    say(
      "Where the package for a platform is absent, the portable driver carries everything,\n" +
        "until gcc compiles the native one there: overwall wires says how.",
    );
}

function quoteForShell(path: string): string {
  return /^[\w@%+=:,./-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}

interface Target {
  readonly name: string;
  readonly cpu: string;
  readonly libc: "glibc" | "musl";
  /** What compiles for it elsewhere than on itself. */
  readonly compiler: string;
}

const TARGETS: readonly Target[] = [
  { name: "linux-x64", cpu: "x64", libc: "glibc", compiler: "x86_64-linux-gnu-gcc" },
  { name: "linux-arm64", cpu: "arm64", libc: "glibc", compiler: "aarch64-linux-gnu-gcc" },
  { name: "linux-x64-musl", cpu: "x64", libc: "musl", compiler: "x86_64-linux-musl-gcc" },
  { name: "linux-arm64-musl", cpu: "arm64", libc: "musl", compiler: "aarch64-linux-musl-gcc" },
];

function packageOf({ name }: Target): string {
  return `@overwall/native-${name}`;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly engines: object;
  readonly files: readonly string[];
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly scripts?: Readonly<Record<string, string>>;
}

function manifestOf(folder: string): Manifest {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as Manifest;
}

/** Whether it is for the machine that this runs on. */
function isHere({ cpu, libc }: Target): boolean {
  const { header } = process.report.getReport() as { header: { glibcVersionRuntime?: string } };
  const here = header.glibcVersionRuntime === undefined ? "musl" : "glibc";
  return cpu === process.arch && libc === here;
}

/** Why it cannot be compiled here; `null` when it is staged. */
async function stagePlatform(
  root: string,
  at: string,
  target: Target,
  { version, license, engines }: Manifest,
): Promise<string | null> {
  const output = join(at, "overwall.node");
  const ran = await runProgram(process.execPath, ["native/build.js", "--strict", output], {
    cwd: root,
    env: { CC: isHere(target) ? "gcc" : target.compiler },
  });
  if (ran.status !== 0) return /\((.*)\)/.exec(ran.output)?.[1] ?? ran.output;
  const name = packageOf(target);
  const description = `Overwall's native driver, compiled for ${target.name}`;
  const manifest = {
    ...{ name, version, description, license, engines, main: "overwall.node" },
    ...{ os: ["linux"], cpu: [target.cpu], libc: [target.libc], files: ["overwall.node"] },
  };
  writeManifest(at, manifest);
  writeFileSync(join(at, "README.md"), `# ${name}\n\n${description}; \`overwall\` loads it.\n`);
  copyFileSync(join(root, "LICENSE"), join(at, "LICENSE"));
  return null;
}

/** The main package as npm packs it, without what happened to be compiled in the tree. */
async function stageMain(
  root: string,
  stage: string,
  platforms: readonly string[],
  { version }: Manifest,
): Promise<string> {
  const tarball = join(stage, await npmPack(root, stage));
  await run("tar", ["-xzf", tarball, "-C", stage], stage);
  const at = join(stage, "package");
  rmSync(join(at, "native/build"), { recursive: true, force: true });
  // A script called "prepare" makes npm warn of one that is run at the install.
  const { devDependencies: _, scripts: __, ...manifest } = manifestOf(at);
  const compiled = Object.fromEntries(platforms.map((name) => [name, version]));
  writeManifest(at, {
    ...manifest,
    files: manifest.files.filter((path) => !path.startsWith("native/build/")),
    optionalDependencies: { ...manifest.optionalDependencies, ...compiled },
  });
  return at;
}

function writeManifest(folder: string, manifest: object): void {
  writeFileSync(join(folder, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** The name of the tarball. */
async function npmPack(folder: string, into: string): Promise<string> {
  const args = ["pack", "--ignore-scripts", "--loglevel=error", "--pack-destination", into];
  return (await run("npm", args, folder)).trim().split("\n").at(-1) ?? "";
}

async function run(command: string, args: readonly string[], cwd: string): Promise<string> {
  const { status, output } = await runProgram(command, args, { cwd });
  if (status !== 0) throw new Error(`Cannot pack: ${command} ${args.join(" ")} says\n${output}`);
  return output;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

const [folder] = process.argv.slice(2);
if (folder === undefined) {
  process.stderr.write("Cannot pack: name a folder, as in npm run pack -- ./packages\n");
  process.exitCode = 2;
} else {
  await packPackages(resolve(folder));
}
