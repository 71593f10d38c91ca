import { UnsupportedError } from "../../contract/index.ts";
import { resolveFds } from "./child-fds.ts";
import type { ProcessOptions, ResolvedOptions } from "./process.ts";

/**
 * Checks what was given to `childProcess()`, and completes it.
 *
 * @throws {TypeError} for a wrong type. @throws {RangeError} for a value outside its range.
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED for what the platform has none of.
 */
export function checkProcessOptions(
  options: ProcessOptions,
  platform: NodeJS.Platform = process.platform,
): Omit<ResolvedOptions, "driver"> {
  if (typeof options !== "object" || options === null) {
    throw new TypeError("childProcess() takes an object of options");
  }
  const { args = [], argv0, command, cwd, descendantGraceMs = 10_000, env = {} } = options;
  if (text("command", command) === "") {
    throw new RangeError("childProcess(): command must not be empty");
  }
  if (!Array.isArray(args)) throw new TypeError("childProcess(): args must be an array of strings");
  for (const arg of args) text("args", arg);
  if (argv0 !== undefined) text("argv0", argv0);
  if (cwd !== undefined) text("cwd", cwd);
  checkEnv(env);
  for (const name of ["uid", "gid"] as const) {
    const id: unknown = options[name];
    if (id === undefined || (Number.isInteger(id) && (id as number) >= 0)) continue;
    throw new RangeError(
      `childProcess(): ${name} must be a whole number, not ${JSON.stringify(id)}`,
    );
  }
  if (!(descendantGraceMs >= 0)) {
    throw new RangeError("childProcess(): descendantGraceMs must be a number of at least 0");
  }
  const fds = resolveFds(options.fds);
  if (platform === "win32") checkWindows(options, Object.keys(fds).map(Number));
  return { ...options, args: [...args], env, fds, descendantGraceMs };
}

/** There a process has three standard handles, and is whose ours is. */
function checkWindows({ gid, uid }: ProcessOptions, fds: readonly number[]): void {
  const refuse = (what: string, why: string): never => {
    throw new UnsupportedError(`start a process with ${what}`, why);
  };
  const further = fds.find((fd) => fd > 2);
  if (further !== undefined) refuse(`descriptor ${further}`, "on Windows it has 0, 1 and 2 alone");
  if (uid !== undefined) refuse("a uid", "Windows has none");
  if (gid !== undefined) refuse("a gid", "Windows has none");
}

function checkEnv(env: unknown): void {
  if (env === "inherit") return;
  if (typeof env !== "object" || env === null) {
    throw new TypeError('childProcess(): env must be an object of strings, or "inherit"');
  }
  for (const [name, value] of Object.entries(env)) text(`env.${name}`, value);
}

function text(name: string, value: unknown): string {
  if (typeof value !== "string") {
    throw new TypeError(`childProcess(): ${name} must be a string, not ${String(value)}`);
  }
  if (value.includes("\0")) {
    throw new RangeError(`childProcess(): ${name} must not contain a zero byte`);
  }
  return value;
}
