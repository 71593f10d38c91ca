import { issueCertificate } from "./x509.ts";

export interface SelfSignedOptions {
  /** Whom it is for: host names, `*.` names and literal addresses; the first is its subject. */
  readonly names: readonly string[];
  /** For how many days from now. Default 30. */
  readonly days?: number;
}

/** A certificate that stands for itself: give `cert` to a peer as its `ca`. */
export interface SelfSigned {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
}

/**
 * Makes a certificate (ECDSA P-256, SHA-256) that its own key has signed, for tests, for first
 * steps, and for peers that are told of it in another way.
 *
 * Valid from an hour ago, since clocks differ. Nothing is written to disk.
 *
 * @throws {RangeError} when there is no name, or `days` is not above 0.
 * @throws {WireError} ERR_WIRE_MISSING_PEER when the optional X.509 library is not installed.
 */
export async function selfSigned(options: SelfSignedOptions): Promise<SelfSigned> {
  const { names, days = 30 } = options;
  if (names.length === 0 || !names.every((name) => typeof name === "string" && name !== "")) {
    throw new RangeError("selfSigned() takes at least one name, as in { names: ['localhost'] }");
  }
  if (!(days > 0 && days <= DAYS_MAX)) {
    throw new RangeError(`selfSigned(): days must be above 0 and at most ${DAYS_MAX}, not ${days}`);
  }
  const beginMs = Date.now() - HOUR_MS;
  const { cert, key } = await issueCertificate({
    names,
    notBefore: new Date(beginMs),
    notAfter: new Date(beginMs + HOUR_MS + days * 24 * HOUR_MS),
  });
  return { cert, key };
}

const HOUR_MS = 3_600_000;
const DAYS_MAX = 3650;
