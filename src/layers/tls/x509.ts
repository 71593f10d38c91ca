import { randomBytes, webcrypto } from "node:crypto";
import { createRequire } from "node:module";
import { isIP } from "node:net";
import { WireError } from "../../contract/index.ts";

export interface CertificateRequest {
  /** The first is the subject as well. */
  readonly names: readonly string[];
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Who signs. Default: its own key. */
  readonly issuer?: IssuedCertificate;
}

export interface IssuedCertificate {
  /** PEM. */
  readonly cert: string;
  /** PEM, PKCS #8. */
  readonly key: string;
  readonly subject: string;
  readonly keys: webcrypto.CryptoKeyPair;
}

/**
 * Makes a certificate for a fresh key.
 *
 * @throws {WireError} ERR_WIRE_MISSING_PEER when the optional X.509 library is not installed.
 */
export async function issueCertificate(request: CertificateRequest): Promise<IssuedCertificate> {
  const { names, notBefore, notAfter, issuer } = request;
  const x509 = loadX509();
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ["sign", "verify"]);
  const subject = `CN=${(names[0] ?? "").replace(/[,+"\\<>;=]/g, "\\$&")}`;
  const certificate = await x509.X509CertificateGenerator.create(
    {
      serialNumber: serialNumber(),
      subject,
      issuer: issuer?.subject ?? subject,
      notBefore,
      notAfter,
      signingAlgorithm: ALGORITHM,
      publicKey: keys.publicKey,
      signingKey: (issuer?.keys ?? keys).privateKey,
      extensions: [
        new x509.SubjectAlternativeNameExtension(
          names.map((name) => ({ type: isIP(name) === 0 ? "dns" : "ip", value: name })),
        ),
        new x509.BasicConstraintsExtension(issuer === undefined, undefined, true),
        new x509.KeyUsagesExtension(
          issuer === undefined ? SIGNATURES | CERTIFICATES : SIGNATURES,
          true,
        ),
        new x509.ExtendedKeyUsageExtension([SERVER_AUTH, CLIENT_AUTH]),
      ],
    },
    webcrypto,
  );
  const der = Buffer.from(await webcrypto.subtle.exportKey("pkcs8", keys.privateKey));
  const cert = `${certificate.toString("pem")}\n`;
  return { cert, key: pem("PRIVATE KEY", der), subject, keys };
}

const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
const SIGNATURES = 1;
const CERTIFICATES = 32;
const SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
const CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";

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
  readonly SubjectAlternativeNameExtension: new (
    names: readonly { readonly type: "dns" | "ip"; readonly value: string }[],
  ) => object;
  readonly BasicConstraintsExtension: new (
    isAuthority: boolean,
    depth: number | undefined,
    isCritical: boolean,
  ) => object;
  readonly KeyUsagesExtension: new (usages: number, isCritical: boolean) => object;
  readonly ExtendedKeyUsageExtension: new (usages: readonly string[]) => object;
  readonly X509CertificateGenerator: {
    create(
      request: {
        readonly serialNumber: string;
        readonly subject: string;
        readonly issuer: string;
        readonly notBefore: Date;
        readonly notAfter: Date;
        readonly signingAlgorithm: object;
        readonly publicKey: webcrypto.CryptoKey;
        readonly signingKey: webcrypto.CryptoKey;
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
