import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { CIPHERS } from "./ciphers.ts";
import type { Pem } from "./tls-options.ts";

/** A certificate and its key. */
export interface TlsIdentity {
  /** PEM: the certificate, with its chain behind it. */
  readonly cert: Pem;
  /** PEM. */
  readonly key: Pem;
  /** What `key` is encrypted with. */
  readonly passphrase?: string;
}

/** Where a {@link CertificateStore} gets its certificates: files, a vault, a list. */
export type LoadCertificates = () => readonly TlsIdentity[] | Promise<readonly TlsIdentity[]>;

/** Certificates that can be replaced while servers use them. */
export class CertificateStore {
  readonly #load: LoadCertificates;
  #identities: readonly TlsIdentity[];

  private constructor(load: LoadCertificates, identities: readonly TlsIdentity[]) {
    this.#load = load;
    this.#identities = identities;
  }

  /**
   * Loads for the first time.
   *
   * @throws what `load` throws. @throws {TypeError} when it gives no certificate, or one that does
   *   not go with its key.
   */
  static async open(load: LoadCertificates): Promise<CertificateStore> {
    return new CertificateStore(load, checkIdentities(await load()));
  }

  /** What connections made now get. */
  get identities(): readonly TlsIdentity[] {
    return this.#identities;
  }

  /**
   * Loads again: connections made afterwards get the new certificates, those that are there stay as
   * they are.
   *
   * @throws as `open` does; the certificates there were stay in use.
   */
  async reload(): Promise<void> {
    this.#identities = checkIdentities(await this.#load());
  }
}

/** @throws {TypeError} unless each is a certificate with its own key, and there is one. */
export function checkIdentities(identities: readonly TlsIdentity[]): readonly TlsIdentity[] {
  if (!Array.isArray(identities) || identities.length === 0) {
    throw new TypeError("Cannot use certificates: there is none");
  }
  for (const identity of identities) {
    const { fault, cause } = faultOf(identity) ?? {};
    if (fault === undefined) continue;
    throw new TypeError(`Cannot use a certificate and its key: ${fault}`, cause && { cause });
  }
  return identities;
}

interface Fault {
  readonly fault: string;
  readonly cause?: Error;
}

function faultOf(identity: TlsIdentity): Fault | undefined {
  let cause: Error | undefined;
  try {
    createSecureContext({ ...forNode(identity), ciphers: CIPHERS });
  } catch (error) {
    cause = error instanceof Error ? error : new Error(String(error));
  }
  // What is empty is taken without a word.
  if (!hasPem(identity.cert, "CERTIFICATE"))
    return withCause("there is no PEM certificate in `cert`", cause);
  if (!hasPem(identity.key, "PRIVATE KEY")) return withCause("there is no PEM key in `key`", cause);
  if (cause === undefined) return undefined;
  return withCause(MEANINGS.get(String(Reflect.get(cause, "code"))) ?? cause.message, cause);
}

function withCause(fault: string, cause: Error | undefined): Fault {
  return { fault, ...(cause && { cause }) };
}

/** Whether there is a block whose label ends so. */
export function hasPem(pem: Pem, label: string): boolean {
  return new RegExp(`^-----BEGIN (?:[A-Z0-9 ]+ )?${label}-----`, "m").test(
    pemForNode(pem).toString(),
  );
}

const ENCRYPTED = "`key` is encrypted, and `passphrase` is missing or not the right one";

/** What OpenSSL means. */
const MEANINGS: ReadonlyMap<string, string> = new Map([
  ["ERR_OSSL_X509_KEY_VALUES_MISMATCH", "the key in `key` is not the one of `cert`"],
  ["ERR_OSSL_X509_KEY_TYPE_MISMATCH", "the key in `key` is not the one of `cert`"],
  ["ERR_OSSL_BAD_DECRYPT", ENCRYPTED],
  ["ERR_MISSING_PASSPHRASE", ENCRYPTED],
]);

/** The one for `servername`: by its full name, else by a wildcard; `undefined` where none is. */
export function identityFor(
  identities: readonly TlsIdentity[],
  servername: string,
): TlsIdentity | undefined {
  const names = (wildcards: boolean) => (identity: TlsIdentity) =>
    new X509Certificate(identity.cert).checkHost(servername, { wildcards }) !== undefined;
  return identities.find(names(false)) ?? identities.find(names(true));
}

/** As Node takes it: bytes are Buffers there. */
export function forNode({ cert, key, passphrase }: TlsIdentity): {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
  readonly passphrase?: string;
} {
  return {
    cert: pemForNode(cert),
    key: pemForNode(key),
    ...(passphrase === undefined ? {} : { passphrase }),
  };
}

export function pemForNode(pem: Pem): string | Buffer {
  return typeof pem === "string" ? pem : Buffer.from(pem);
}
