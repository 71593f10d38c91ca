import { X509Certificate } from "node:crypto";
import type { PeerCertificate } from "node:tls";
import type { CertificateStore, TlsIdentity } from "./certificates.ts";

/** PEM, as text or bytes. */
export type Pem = string | Uint8Array;

export type TlsVersion = "TLSv1.2" | "TLSv1.3";

/** How one side of TLS presents itself, and whom it takes. */
export interface TlsOptions {
  /** Our certificate, with its chain behind it. A server needs one, here or in `certificates`. */
  readonly cert?: Pem;
  /** The key of `cert`. */
  readonly key?: Pem;
  /** What `key` is encrypted with. */
  readonly passphrase?: string;
  /**
   * Listening: several of them; the name that a client asks for chooses, the first is for everybody
   * else. A store can be reloaded: connections made from then on get what it has then.
   */
  readonly certificates?: readonly TlsIdentity[] | CertificateStore;
  /** Whose certificates are taken, in place of the authorities that Node knows. */
  readonly ca?: Pem | readonly Pem[];
  /** Application protocols, the best first; a server takes its own first that the client offers. */
  readonly alpn?: readonly string[];
  /** Connecting: whom the server has to be, and the name it is told. Default: the host beneath. */
  readonly servername?: string;
  /** Connecting: one more check, beside the chain and in place of the name. */
  readonly checkServerIdentity?: (name: string, certificate: PeerCertificate) => Error | undefined;
  /** Connecting: take whatever certificate comes. `authorized` tells what it was worth. */
  readonly insecure?: boolean;
  /** Listening: a client must have a certificate that one of `ca` has issued. */
  readonly requestCert?: boolean;
  /** Default `TLSv1.2`; there is nothing lower. */
  readonly minVersion?: TlsVersion;
  /** Default `TLSv1.3`. */
  readonly maxVersion?: TlsVersion;
}

/** Whether we begin the handshake, whoever made the connection. */
export type TlsRole = "client" | "server";

/** @throws {TypeError} {RangeError} for what is no such option. */
export function checkTlsOptions(where: string, options: TlsOptions): void {
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${where} takes an object of options`);
  }
  for (const name of ["insecure", "requestCert"] as const) {
    checkType(where, name, options[name], "boolean");
  }
  for (const name of ["servername", "passphrase"] as const) {
    checkType(where, name, options[name], "string");
  }
  checkType(where, "checkServerIdentity", options.checkServerIdentity, "function");
  for (const name of ["minVersion", "maxVersion"] as const)
    checkVersion(where, name, options[name]);
  if (options.minVersion === "TLSv1.3" && options.maxVersion === "TLSv1.2") {
    throw new RangeError(`${where}: minVersion is above maxVersion`);
  }
  if ((options.cert === undefined) !== (options.key === undefined)) {
    throw new TypeError(`${where}: cert and key go together`);
  }
  if (options.cert !== undefined && options.certificates !== undefined) {
    throw new TypeError(`${where}: give cert and key, or certificates, not both`);
  }
  checkAlpn(where, options.alpn);
  checkAuthorities(where, options.ca);
}

function checkType(where: string, name: string, value: unknown, type: string): void {
  if (value === undefined || typeof value === type) return;
  throw new TypeError(`${where}: ${name} must be a ${type}, not a ${typeof value}`);
}

function checkVersion(where: string, name: string, value: unknown): void {
  if (value === undefined || value === "TLSv1.2" || value === "TLSv1.3") return;
  throw new RangeError(`${where}: ${name} must be "TLSv1.2" or "TLSv1.3"`);
}

function checkAlpn(where: string, alpn: unknown): void {
  if (alpn === undefined) return;
  const isName = (name: unknown): boolean =>
    typeof name === "string" && name.length > 0 && new TextEncoder().encode(name).byteLength < 256;
  if (Array.isArray(alpn) && alpn.every(isName)) return;
  throw new TypeError(`${where}: alpn must be a list of names of 1 to 255 bytes`);
}

/** OpenSSL takes what holds no certificate for an empty list, and then trusts nobody. */
function checkAuthorities(where: string, ca: TlsOptions["ca"]): void {
  if (ca === undefined) return;
  for (const pem of [ca].flat()) {
    try {
      new X509Certificate(pem as string);
    } catch (error) {
      throw new TypeError(`${where}: ca must be certificates in PEM`, { cause: error });
    }
  }
}
