import { randomBytes, webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { isIP } from "node:net";
import { WireError } from "../../contract/index.ts";

export interface SelfSignedOptions {
  /** Whom it is for: host names, `*.` names and literal addresses, the first also as its subject. */
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
  const [subject] = names;
  if (subject === undefined || !names.every((name) => typeof name === "string" && name !== "")) {
    throw new RangeError("selfSigned() takes at least one name, as in { names: ['localhost'] }");
  }
  if (!(days > 0 && days <= DAYS_MAX)) {
    throw new RangeError(`selfSigned(): days must be above 0 and at most ${DAYS_MAX}, not ${days}`);
  }
  const x509 = loadX509();
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };
  const keys = await webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
  const beginMs = Date.now() - HOUR_MS;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned(
    {
      serialNumber: serialNumber(),
      name: [{ CN: [subject] }],
      notBefore: new Date(beginMs),
      notAfter: new Date(beginMs + HOUR_MS + days * 24 * HOUR_MS),
      signingAlgorithm: algorithm,
      keys,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          names.map((name) => ({ type: isIP(name) === 0 ? "dns" : "ip", value: name })),
        ),
        new x509.BasicConstraintsExtension(true, 0, true),
        new x509.KeyUsagesExtension(
          x509.KeyUsageFlags.digitalSignature | x509.KeyUsageFlags.keyCertSign,
          true,
        ),
        new x509.ExtendedKeyUsageExtension(["1.3.6.1.5.5.7.3.1", "1.3.6.1.5.5.7.3.2"]),
        await x509.SubjectKeyIdentifierExtension.create(keys.publicKey, false, webcrypto),
      ],
    },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  return { cert: `${certificate.toString("pem")}\n`, key: pem("PRIVATE KEY", der) };
}

const HOUR_MS = 3_600_000;
const DAYS_MAX = 3650;

/** Positive, and with nothing that had to be left out at its beginning. */
function serialNumber(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

/** What is used of the library: its own types would ask every program for those of a browser. */
interface X509Library {
  readonly KeyUsageFlags: { readonly digitalSignature: number; readonly keyCertSign: number };
  readonly SubjectAlternativeNameExtension: new (
    names: readonly { readonly type: "dns" | "ip"; readonly value: string }[],
  ) => object;
  readonly BasicConstraintsExtension: new (ca: boolean, depth: number, critical: boolean) => object;
  readonly KeyUsagesExtension: new (usages: number, critical: boolean) => object;
  readonly ExtendedKeyUsageExtension: new (usages: readonly string[]) => object;
  readonly SubjectKeyIdentifierExtension: {
    create(key: webcrypto.CryptoKey, critical: boolean, crypto: webcrypto.Crypto): Promise<object>;
  };
  readonly X509CertificateGenerator: {
    createSelfSigned(
      options: {
        readonly serialNumber: string;
        readonly name: readonly Readonly<Record<string, readonly string[]>>[];
        readonly notBefore: Date;
        readonly notAfter: Date;
        readonly signingAlgorithm: object;
        readonly keys: webcrypto.CryptoKeyPair;
        readonly extensions: readonly object[];
      },
      crypto: webcrypto.Crypto,
    ): Promise<{ toString(format: "pem"): string }>;
  };
}

/** The library reads decorators through a package that it leaves to its user to load first. */
function loadX509(): X509Library {
  const require = createRequire(import.meta.url);
  try {
    require("reflect-metadata");
    return require("@peculiar/x509") as X509Library;
  } catch (error) {
    throw new WireError(
      "ERR_WIRE_MISSING_PEER",
      "Cannot make a certificate: run `npm install @peculiar/x509 reflect-metadata`",
      { cause: error },
    );
  }
}
