import { chownSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SelfSigned } from "../../src/layers/tls/index.ts";
import { selfSigned } from "../../src/layers/tls/index.ts";
import { missingPrograms } from "../../tools/missing-programs.ts";
import type { Scratch } from "../interop/scratch.ts";
import type { SocketAddress } from "../interop/socket-address.ts";

/** A server of a test's own, on a port and on a path at once; disposing ends it. */
export interface Server extends AsyncDisposable {
  readonly tcp: SocketAddress;
  readonly unix: SocketAddress;
}

/** Root's daemons are nobody's, since some refuse to be root's. */
export const nobody: { readonly uid: number; readonly gid: number } | undefined =
  process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : undefined;

/** A folder in which a daemon may write. */
export function folderFor(scratch: Scratch, name: string): string {
  const folder = scratch.path(name);
  mkdirSync(folder);
  giveAway(scratch.folder);
  giveAway(folder);
  return folder;
}

/** One for this machine, for as long as the tests run. */
export const certified: Promise<SelfSigned> = selfSigned({ names: ["localhost", "127.0.0.1"] });

/** Writes the certificate and its key where a daemon can read them, and nobody else. */
export async function certificateIn(
  folder: string,
): Promise<{ readonly cert: string; readonly key: string }> {
  const { cert, key } = await certified;
  const paths = { cert: join(folder, "server.crt"), key: join(folder, "server.key") };
  writeFileSync(paths.cert, cert, { mode: 0o600 });
  writeFileSync(paths.key, key, { mode: 0o600 });
  giveAway(paths.cert);
  giveAway(paths.key);
  return paths;
}

/** Where PostgreSQL's programs are: on PATH, or in Debian's folder for each version. */
export function postgresProgram(name: string): string {
  if (missingPrograms([name]).length === 0) return name;
  const versions = foldersIn(POSTGRES).sort((a, b) => Number(b) - Number(a));
  const found = versions.map((version) => join(POSTGRES, version, "bin"));
  const folder = found.find((bin) => foldersIn(bin).includes(name));
  return folder === undefined ? name : join(folder, name);
}

const POSTGRES = "/usr/lib/postgresql";

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

function giveAway(path: string): void {
  if (nobody !== undefined) chownSync(path, nobody.uid, nobody.gid);
}
