import type { Transport } from "../contract/index.ts";
import type { TlsTransport } from "../layers/tls/index.ts";
import type { Reporter } from "./reporter.ts";

/** Tells what the handshake settled: words on stderr, or an event. */
export function tellTls(reporter: Reporter, transport: Transport): void {
  if (!isTls(transport)) {
    reporter.warn("--tls-info: this connection is not over TLS; write tls:// before the host");
    return;
  }
  const { protocol, cipher, alpn, servername, authorized, peerCertificate } = transport;
  const certificate = peerCertificate && {
    subject: oneLine(peerCertificate.subject),
    issuer: oneLine(peerCertificate.issuer),
    names: peerCertificate.subjectAltName ?? "",
    validFrom: peerCertificate.validFrom,
    validTo: peerCertificate.validTo,
    sha256: peerCertificate.fingerprint256,
  };
  const session = { protocol, cipher, alpn, servername, authorized, certificate };
  const lines = [
    `TLS: ${protocol}, ${cipher}`,
    `  alpn ${alpn ?? "(none)"}, name asked for ${servername ?? "(none)"}`,
    certificate === null
      ? "  the peer gave no certificate"
      : `  certificate of ${certificate.subject}, issued by ${certificate.issuer}`,
    ...(certificate === null
      ? []
      : [
          `  for ${certificate.names || "(no names)"}`,
          `  valid from ${certificate.validFrom} to ${certificate.validTo}`,
          `  SHA-256 ${certificate.sha256}`,
        ]),
    `  ${authorized ? "verified" : "NOT verified"}`,
  ];
  reporter.tell({ event: "tls", id: 1, ...session }, lines.join("\n"));
}

function isTls(transport: Transport): transport is TlsTransport {
  return "peerCertificate" in transport && "cipher" in transport;
}

/** Names come one a line, with what a certificate may hold. */
function oneLine(name: string | undefined): string {
  return (name ?? "").replace(/\n/g, ", ").replace(/\p{Cc}/gu, "\u25a1");
}
