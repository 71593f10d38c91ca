import type { Address } from "../../contract/index.ts";
import { UnsupportedError } from "../../contract/index.ts";

/** A name as the system takes it. */
export interface UnixName {
  /** What `bind` and `connect` are given. */
  readonly native: string;
  readonly isAbstract: boolean;
}

/**
 * What the system is to be given for `path`.
 *
 * @throws {UnsupportedError} ERR_WIRE_UNSUPPORTED when the platform has no such name, or `path`
 *   does not fit: the system would cut it and use another file.
 */
export function unixName(path: string, platform: NodeJS.Platform = process.platform): UnixName {
  const address: Address = { kind: "unix", path };
  const refuse = (why: string): never => {
    throw new UnsupportedError(`use the UNIX socket ${path}`, why, { address });
  };
  if (platform === "win32") refuse("there are none here that Node could use; use pipe or tcp");
  const isAbstract = path.startsWith("@");
  if (isAbstract && platform !== "linux") refuse("abstract names exist on Linux only; use a path");
  const sizeMax = pathMaxBytes(platform);
  const size = Buffer.byteLength(path);
  if (size > sizeMax) refuse(`its name has ${size} bytes, the system takes at most ${sizeMax}`);
  return { native: isAbstract ? `\0${path.slice(1)}` : path, isAbstract };
}

/** What a refused abstract name may be due to. */
export const ABSTRACT_HINT: string =
  "Node fills abstract names up with zero bytes, so only Node programs find each other by them; " +
  "use a path to reach other programs";

/** The address field of the system, without its closing zero byte. */
export function pathMaxBytes(platform: NodeJS.Platform = process.platform): number {
  return platform === "linux" ? 107 : 103;
}
