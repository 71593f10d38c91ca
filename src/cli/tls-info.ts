import type { X509Certificate } from "node:crypto";
import type { Transport } from "../contract/index.ts";
import type { TlsTransport } from "../layers/tls/index.ts";
import type { Reporter } from "./reporter.ts";
import { counted, inCommandWords } from "./wording.ts";

/** Tells what the handshake settled: words on stderr, or an event. */
export function tellTls(
  reporter: Reporter,
  transport: Transport,
  nowMs: number = Date.now(),
): void {
  if (!isTls(transport)) {
    reporter.warn("--tls-info: this connection is not over TLS; write tls:// before the host");
    return;
  }
  const { protocol, cipher, alpn, servername, authorized, unauthorizedWhy } = transport;
  const why = unauthorizedWhy === "" ? "" : `: ${inCommandWords(unauthorizedWhy)}`;
  const chain = chainOf(transport.peerCertificate).map(factsOf);
  const [certificate = null] = chain;
  const lines = [
    `TLS: ${protocol}, ${cipher}`,
    `  alpn ${alpn ?? "(none)"}, name asked for ${servername ?? "(none)"}`,
    ...(chain.length === 0 ? ["  the peer gave no certificate"] : []),
    ...chain.flatMap((one, depth) => wordsOf(one, depth, nowMs)),
    `  ${authorized ? "verified" : `NOT verified${why}`}`,
  ];
  const session = { protocol, cipher, alpn, servername, authorized, unauthorizedWhy };
  reporter.tell({ event: "tls", id: 1, ...session, certificate, chain }, lines.join("\n"));
}

/** A certificate as it is told. */
interface CertificateFacts {
  readonly subject: string;
  readonly issuer: string;
  readonly names: string;
  /** ISO 8601. */
  readonly validFrom: string;
  readonly validTo: string;
  readonly serial: string;
  /** Kind and size of its key. */
  readonly key: string;
  readonly sha256: string;
}

function isTls(transport: Transport): transport is TlsTransport {
  return "peerCertificate" in transport && "cipher" in transport;
}

/** The certificates that the peer gave, its own first. */
function chainOf(own: X509Certificate | null): readonly X509Certificate[] {
  const chain: X509Certificate[] = [];
  for (let one = own ?? undefined; one !== undefined; one = one.issuerCertificate) {
    const { fingerprint256 } = one;
    if (chain.some((before) => before.fingerprint256 === fingerprint256)) break;
    chain.push(one);
  }
  return chain;
}

function factsOf(certificate: X509Certificate): CertificateFacts {
  return {
    subject: oneLine(certificate.subject),
    issuer: oneLine(certificate.issuer),
    names: oneLine(certificate.subjectAltName),
    validFrom: new Date(certificate.validFrom).toISOString(),
    validTo: new Date(certificate.validTo).toISOString(),
    serial: certificate.serialNumber,
    key: keyOf(certificate),
    sha256: certificate.fingerprint256,
  };
}

function keyOf({ publicKey }: X509Certificate): string {
  const { asymmetricKeyDetails = {}, asymmetricKeyType = "unknown" } = publicKey;
  const { modulusLength, namedCurve } = asymmetricKeyDetails;
  return [asymmetricKeyType, namedCurve ?? modulusLength].filter((part) => part).join(" ");
}

function wordsOf(certificate: CertificateFacts, depth: number, nowMs: number): readonly string[] {
  const { subject, issuer, names, validFrom, validTo, serial, key, sha256 } = certificate;
  return [
    `  ${depth}: certificate of ${subject}, issued by ${issuer}`,
    `     for ${names || "(no names)"}`,
    `     valid from ${validFrom} to ${validTo} (${validity(certificate, nowMs)})`,
    `     ${key}, serial ${serial}, SHA-256 ${sha256}`,
  ];
}

function validity({ validFrom, validTo }: CertificateFacts, nowMs: number): string {
  if (nowMs < Date.parse(validFrom)) return "NOT YET";
  const daysLeft = Math.floor((Date.parse(validTo) - nowMs) / DAY_MS);
  return daysLeft < 0 ? "EXPIRED" : `${counted(daysLeft, "day")} left`;
}

const DAY_MS = 24 * 60 * 60 * 1000;

/** Names come one a line, with what a certificate may hold. */
function oneLine(name: string | undefined): string {
  return (name ?? "").replace(/\n/g, ", ").replace(/\p{Cc}/gu, "\u25a1");
}
