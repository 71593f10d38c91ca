import type { Endpoint, EndpointOptions } from "../../../src/contract/index.ts";
import type { TlsOptions, TlsTransport } from "../../../src/layers/tls/index.ts";
import { tls } from "../../../src/layers/tls/index.ts";
import type { IssuedCertificate } from "../../../src/layers/tls/x509.ts";
import { issueCertificate } from "../../../src/layers/tls/x509.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import type { Pair } from "../../wires/recording-protocol.ts";
import { HalfCloseAware, pairOver } from "../../wires/recording-protocol.ts";

const DAY_MS = 24 * 60 * 60 * 1000;

/** One that both sides of a test trust, made anew in every run. */
export const authority: IssuedCertificate = await issueCertificate({
  names: ["an authority of this test"],
  ...days(-1, 30),
});

/** A certificate of that authority, valid from and to so many days from now. */
export function issued(
  names: readonly string[],
  from = -1,
  to = 10,
  issuer: IssuedCertificate = authority,
): Promise<IssuedCertificate> {
  return issueCertificate({ names, issuer, ...days(from, to) });
}

/** The usual server's. */
export const forLocalhost: IssuedCertificate = await issued(["localhost", "127.0.0.1"]);

/** A connection over TCP on loopback between two that record what they are told. */
export function securePair(
  server: TlsOptions = {},
  client: TlsOptions = {},
  options: EndpointOptions = {},
): Promise<Pair<HalfCloseAware<TlsTransport>, TlsTransport>> {
  const { cert, key } = forLocalhost;
  const hasOwn = server.cert !== undefined || server.certificates !== undefined;
  return pairOver<HalfCloseAware<TlsTransport>, TlsTransport>(
    tls(tcp({ port: 0 }), { ...(hasOwn ? {} : { cert, key }), ...server }),
    (port) => tls(to(port), { ca: authority.cert, ...client }),
    () => new HalfCloseAware<TlsTransport>(),
    options,
  );
}

/** Leads to where something listens over TCP. */
export function to(port: { getHost(): unknown }): Endpoint {
  const { host, port: number } = port.getHost() as { readonly host: string; readonly port: number };
  return tcp({ host, port: number });
}

export function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function days(from: number, to: number): { readonly notBefore: Date; readonly notAfter: Date } {
  const nowMs = Date.now();
  return { notBefore: new Date(nowMs + from * DAY_MS), notAfter: new Date(nowMs + to * DAY_MS) };
}
