import { writeFileSync } from "node:fs";
import { selfSigned } from "../../src/layers/tls/index.ts";
import { authority, forLocalhost, issued } from "../layers/tls/authority.ts";
import type { Scratch } from "./scratch.ts";

/** A certificate and its key, as programs take them. */
export interface IdentityFiles {
  readonly cert: string;
  readonly key: string;
}

/** Certificates in files: good ones, and each kind of bad one. */
export interface TlsFiles {
  readonly ca: string;
  /** An authority that has issued none of these. */
  readonly strangeCa: string;
  readonly server: IdentityFiles;
  /** For `two.test`. */
  readonly second: IdentityFiles;
  readonly expired: IdentityFiles;
  readonly client: IdentityFiles;
  /** Of its own making. */
  readonly strangeClient: IdentityFiles;
}

export async function tlsFiles(scratch: Scratch): Promise<TlsFiles> {
  const file = (name: string, content: string): string => {
    const path = scratch.path(name);
    writeFileSync(path, content, { mode: 0o600 });
    return path;
  };
  const identity = (
    name: string,
    { cert, key }: { readonly cert: string; readonly key: string },
  ): IdentityFiles => ({ cert: file(`${name}.pem`, cert), key: file(`${name}.key`, key) });
  const strange = await selfSigned({ names: ["stranger"] });
  return {
    ca: file("ca.pem", authority.cert),
    strangeCa: file("strange-ca.pem", strange.cert),
    server: identity("server", forLocalhost),
    second: identity("second", await issued(["two.test"])),
    expired: identity("expired", await issued(["localhost", "127.0.0.1"], -10, -2)),
    client: identity("client", await issued(["a client"])),
    strangeClient: identity("stranger", strange),
  };
}
