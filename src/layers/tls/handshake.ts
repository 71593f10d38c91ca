import { constants } from "node:crypto";
import { isIP } from "node:net";
import type { Duplex } from "node:stream";
import type { ConnectionOptions, SecureContext, SecureContextOptions, TLSSocket } from "node:tls";
import { connect, createSecureContext } from "node:tls";
import { checkIdentities, forNode, pemForNode } from "./certificates.ts";
import { CIPHERS } from "./ciphers.ts";
import { asRefusedIdentity } from "./tls-causes.ts";
import type { TlsOptions } from "./tls-options.ts";

/** Told how a handshake went: one of the two, once. */
export interface HandshakeCalls {
  secure(socket: TLSSocket): void;
  failed(error: Error): void;
}

/** Runs a handshake over a stream of ciphertext. Destroying the stream gives it up. */
export type Handshake = (ciphertext: Duplex, calls: HandshakeCalls) => void;

/**
 * The client's side. `name` is whom the server has to be, unless the options say so.
 *
 * @throws {TypeError} for a certificate that does not go with its key.
 */
export function clientHandshake(options: TlsOptions, name: string | undefined): Handshake {
  const { checkServerIdentity: check } = options;
  const secureContext = contextFor(options, identityOf(options));
  const host = options.servername ?? name ?? "localhost";
  const given: ConnectionOptions = {
    secureContext,
    host,
    // A literal address is checked against the certificate, and never told.
    ...(isIP(host) === 0 ? { servername: host } : {}),
    ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
    ...(check && {
      checkServerIdentity: (asked, certificate) => {
        const error = check(asked, certificate);
        return error && asRefusedIdentity(error);
      },
    }),
    rejectUnauthorized: options.insecure !== true,
  };
  return (socket, { secure, failed }) => {
    const engine = connect({ ...given, socket });
    const settled = (): void => {
      engine.off("secureConnect", secured);
      engine.off("error", refused);
    };
    const secured = (): void => {
      settled();
      secure(engine);
    };
    const refused = (error: Error): void => {
      settled();
      engine.on("error", () => {});
      failed(error);
    };
    engine.once("secureConnect", secured);
    engine.once("error", refused);
  };
}

function identityOf({ cert, key, passphrase }: TlsOptions): SecureContextOptions {
  if (cert === undefined || key === undefined) return {};
  const identity = { cert, key, ...(passphrase === undefined ? {} : { passphrase }) };
  checkIdentities([identity]);
  return forNode(identity);
}

export function contextFor(options: TlsOptions, identity: SecureContextOptions): SecureContext {
  return createSecureContext(contextOptions(options, identity));
}

/** What every context has: nothing below 1.2, forward secrecy, authenticated ciphers. */
export function contextOptions(
  { ca, minVersion = "TLSv1.2", maxVersion = "TLSv1.3" }: TlsOptions,
  identity: SecureContextOptions,
): SecureContextOptions {
  const authorities = ca === undefined ? undefined : [ca].flat().map(pemForNode);
  return {
    ...identity,
    ...(authorities === undefined ? {} : { ca: authorities }),
    minVersion,
    maxVersion,
    ciphers: CIPHERS,
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION | constants.SSL_OP_NO_COMPRESSION,
  };
}
