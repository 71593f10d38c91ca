import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { join } from "node:path";

/** Where things are, and where scratch files may be put. */
export class Places implements Disposable {
  readonly root: string;
  /** The command of the package. */
  readonly command: string;
  #scratch: string | undefined;
  #pythonLacks: ReadonlyMap<string, string | null> | undefined;

  constructor(root: string) {
    this.root = root;
    this.command = join(root, "dist/cli/main.js");
  }

  /** A compiled server in TypeScript. */
  server(name: string): string {
    return join(this.root, "build/bench/servers", name);
  }

  /** A server in another language, as it is. */
  script(name: string): string {
    return join(this.root, "bench/servers", name);
  }

  /** What the bench compiles for itself. */
  built(name: string): string {
    return join(this.root, "bench/build", name);
  }

  /** What `--fetch-peers` installs, outside the project. */
  fetched(peer: string, path: string): string {
    return join(this.cache(peer), "node_modules", path);
  }

  cache(peer: string): string {
    const { OVERWALL_BENCH_CACHE: own, XDG_CACHE_HOME: home } = process.env;
    return join(own ?? join(home ?? join(homedir(), ".cache"), "overwall-bench"), "peers", peer);
  }

  /** What the Python of the system lacks for a peer, and how to get it; null if nothing. */
  pythonLacks(peer: string): string | null {
    this.#pythonLacks ??= new Map(
      PYTHON_MODULES.map(([name, module]) => {
        const tried = spawnSync("/usr/bin/python3", ["-c", `import ${module}`], {
          stdio: "ignore",
        });
        const how = module === "asyncio" ? "python3" : `python3-${module}`;
        return [name, tried.status === 0 ? null : `${name}: apt-get install ${how}`] as const;
      }),
    );
    return this.#pythonLacks.get(peer) ?? null;
  }

  haproxyConfig(port: number, behind: number): string {
    this.#scratch ??= mkdtempSync(join(tmpdir(), "overwall-bench-"));
    const path = join(this.#scratch, `haproxy-${port}.cfg`);
    writeFileSync(
      path,
      [
        "global",
        "  nbthread 1",
        "  maxconn 8000",
        "defaults",
        "  mode tcp",
        "  timeout connect 5s",
        "  timeout client 60s",
        "  timeout server 60s",
        "listen relay",
        `  bind 127.0.0.1:${port}`,
        `  server behind 127.0.0.1:${behind}`,
        "",
      ].join("\n"),
    );
    return path;
  }

  [Symbol.dispose](): void {
    if (this.#scratch !== undefined) rmSync(this.#scratch, { recursive: true, force: true });
  }
}

const PYTHON_MODULES: readonly (readonly [string, string])[] = [
  ["asyncio", "asyncio"],
  ["uvloop", "uvloop"],
  ["twisted", "twisted"],
];
