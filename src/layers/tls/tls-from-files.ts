import { readFile, writeFile } from "node:fs/promises";
import type { Endpoint } from "../../contract/index.ts";
import { hasPem } from "./certificates.ts";
import { selfSigned } from "./self-signed.ts";
import { tlsOver } from "./tls.ts";
import type { TlsOptions, TlsVersion } from "./tls-options.ts";
import type { TlsTransport } from "./tls-transport.ts";

/** TLS as words can say it: files in place of what is in them. */
export interface TlsInWords {
  /** Names with a comma between. */
  readonly alpn?: string;
  readonly servername?: string;
  /** A file of PEM. */
  readonly ca?: string;
  /**
   * A file of PEM; without `key` the key is in there, too. Several with a comma between: a server
   * chooses by the name asked for, the first is for everybody else.
   */
  readonly cert?: string;
  /** A file of PEM; as many as there are certificates. */
  readonly key?: string;
  readonly selfSigned?: boolean;
  /** With `selfSigned`: a file that its certificate is written to, without the key. */
  readonly saveCert?: string;
  readonly requestCert?: boolean;
  readonly insecure?: boolean;
  readonly minVersion?: string;
  readonly maxVersion?: string;
}

/**
 * TLS over `lower`, with certificates from files, read now, and again when it is asked to reload; a
 * certificate made on the spot is made anew then.
 *
 * @throws {RangeError} naming the option, when a file cannot be read or a version is none.
 * @throws as `tls()` does, and as `selfSigned()` does.
 */
export async function tlsFromFiles(
  lower: Endpoint,
  words: TlsInWords,
): Promise<Endpoint<TlsTransport>> {
  const load = (): Promise<TlsOptions> => optionsOf(words, lower.peerName);
  return tlsOver(lower, await load(), load);
}

async function optionsOf(words: TlsInWords, name: string | undefined): Promise<TlsOptions> {
  const { alpn, insecure, requestCert, servername } = words;
  if (words.key !== undefined && words.cert === undefined) {
    throw new RangeError("key: give the certificate that it goes with as cert");
  }
  return {
    ...(alpn === undefined ? {} : { alpn: alpn.split(",") }),
    ...(servername === undefined ? {} : { servername }),
    ...(insecure === undefined ? {} : { insecure }),
    ...(requestCert === undefined ? {} : { requestCert }),
    ...(words.ca === undefined ? {} : { ca: await readAuthority(words.ca) }),
    ...version("minVersion", words.minVersion),
    ...version("maxVersion", words.maxVersion),
    ...(await identities(words, name)),
  };
}

async function identities(
  { cert, key, saveCert, selfSigned: isOwn }: TlsInWords,
  name = "localhost",
): Promise<Pick<TlsOptions, "cert" | "key" | "certificates">> {
  if (saveCert !== undefined && isOwn !== true) {
    throw new RangeError("saveCert: it goes with selfSigned; other certificates are in files");
  }
  if (cert === undefined) {
    if (isOwn !== true) return {};
    const made = await selfSigned({ names: [...new Set([name, "localhost", "127.0.0.1", "::1"])] });
    if (saveCert !== undefined) await save(saveCert, made.cert);
    return made;
  }
  if (isOwn === true) throw new RangeError("selfSigned: there is a cert already");
  const certFiles = cert.split(",");
  const keyFiles = key?.split(",") ?? certFiles;
  if (keyFiles.length !== certFiles.length) {
    throw new RangeError(
      `key: there are ${certFiles.length} of cert and ${keyFiles.length} of key`,
    );
  }
  const certificates = await Promise.all(
    certFiles.map(async (file, index) => ({
      cert: await read("cert", file),
      key: await read("key", keyFiles[index] as string),
    })),
  );
  const [first] = certificates;
  return certificates.length === 1 && first !== undefined ? first : { certificates };
}

async function read(option: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    throw new RangeError(`${option}: cannot read ${JSON.stringify(path)} (${codeOf(error)})`, {
      cause: error,
    });
  }
}

/** Node takes a file without any as no authority at all, so that nobody would be trusted. */
async function readAuthority(path: string): Promise<Uint8Array> {
  const pem = await read("ca", path);
  if (hasPem(pem, "CERTIFICATE")) return pem;
  throw new RangeError(`ca: there is no PEM certificate in ${JSON.stringify(path)}`);
}

async function save(path: string, pem: string): Promise<void> {
  try {
    await writeFile(path, pem);
  } catch (error) {
    throw new RangeError(`saveCert: cannot write ${JSON.stringify(path)} (${codeOf(error)})`, {
      cause: error,
    });
  }
}

function codeOf(error: unknown): string {
  return error instanceof Error ? String(Reflect.get(error, "code")) : "unknown";
}

function version(
  option: "minVersion" | "maxVersion",
  value: string | undefined,
): { readonly [option: string]: TlsVersion } {
  if (value === undefined) return {};
  if (value === "1.2" || value === "1.3") return { [option]: `TLSv${value}` };
  throw new RangeError(`${option}: there are 1.2 and 1.3, not ${JSON.stringify(value)}`);
}
