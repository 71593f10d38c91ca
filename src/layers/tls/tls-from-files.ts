import { readFile } from "node:fs/promises";
import type { Endpoint } from "../../contract/index.ts";
import { selfSigned } from "./self-signed.ts";
import { tls } from "./tls.ts";
import type { TlsOptions, TlsVersion } from "./tls-options.ts";
import type { TlsTransport } from "./tls-transport.ts";

/** TLS as words can say it: files in place of what is in them. */
export interface TlsInWords {
  /** Names with a comma between. */
  readonly alpn?: string;
  readonly servername?: string;
  /** A file of PEM. */
  readonly ca?: string;
  /** A file of PEM; without `key` the key is in there, too. */
  readonly cert?: string;
  /** A file of PEM. */
  readonly key?: string;
  readonly selfSigned?: boolean;
  readonly requestCert?: boolean;
  readonly insecure?: boolean;
  readonly minVersion?: string;
  readonly maxVersion?: string;
}

/**
 * TLS over `lower`, with certificates from files, read now.
 *
 * @throws {RangeError} naming the option, when a file cannot be read or a version is none.
 * @throws as `tls()` does, and as `selfSigned()` does.
 */
export async function tlsFromFiles(
  lower: Endpoint,
  words: TlsInWords,
): Promise<Endpoint<TlsTransport>> {
  const { alpn, insecure, requestCert, servername } = words;
  if (words.key !== undefined && words.cert === undefined) {
    throw new RangeError("key: give the certificate that it goes with as cert");
  }
  const options: TlsOptions = {
    ...(alpn === undefined ? {} : { alpn: alpn.split(",") }),
    ...(servername === undefined ? {} : { servername }),
    ...(insecure === undefined ? {} : { insecure }),
    ...(requestCert === undefined ? {} : { requestCert }),
    ...(words.ca === undefined ? {} : { ca: await read("ca", words.ca) }),
    ...version("minVersion", words.minVersion),
    ...version("maxVersion", words.maxVersion),
    ...(await identity(words, lower.peerName)),
  };
  return tls(lower, options);
}

async function identity(
  { cert, key, selfSigned: isOwn }: TlsInWords,
  name = "localhost",
): Promise<Pick<TlsOptions, "cert" | "key">> {
  if (cert !== undefined) {
    if (isOwn === true) throw new RangeError("selfSigned: there is a cert already");
    const text = await read("cert", cert);
    return { cert: text, key: key === undefined ? text : await read("key", key) };
  }
  if (isOwn !== true) return {};
  return selfSigned({ names: [...new Set([name, "localhost", "127.0.0.1", "::1"])] });
}

async function read(option: string, path: string): Promise<Uint8Array> {
  try {
    return await readFile(path);
  } catch (error) {
    const code = error instanceof Error ? String(Reflect.get(error, "code")) : "unknown";
    throw new RangeError(`${option}: cannot read ${JSON.stringify(path)} (${code})`, {
      cause: error,
    });
  }
}

function version(
  option: "minVersion" | "maxVersion",
  value: string | undefined,
): { readonly [option: string]: TlsVersion } {
  if (value === undefined) return {};
  if (value === "1.2" || value === "1.3") return { [option]: `TLSv${value}` };
  throw new RangeError(`${option}: there are 1.2 and 1.3, not ${JSON.stringify(value)}`);
}
