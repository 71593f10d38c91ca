import { randomBytes } from "node:crypto";
import type { Duplex } from "node:stream";
import type { SecureContext, Server, TLSSocket } from "node:tls";
import { createServer } from "node:tls";
import type { TlsIdentity } from "./certificates.ts";
import { CertificateStore, checkIdentities, forNode, identityFor } from "./certificates.ts";
import type { HandshakeCalls } from "./handshake.ts";
import { contextFor, contextOptions } from "./handshake.ts";
import type { TlsOptions } from "./tls-options.ts";

/** Never reached: flow's own limit is what counts. */
const NODE_HANDSHAKE_MS = 2 ** 31 - 1;

/**
 * The server's side, for any number of connections.
 *
 * Only a `tls.Server` judges a client's certificate, and it does not say which connection it speaks
 * of; so each one here has one handshake at a time, and is used again for the next.
 */
export class ServerHandshakes {
  readonly #options: TlsOptions;
  readonly #source: () => readonly TlsIdentity[];
  readonly #ticketKeys = randomBytes(48);
  #generation: Generation;

  /** @throws {TypeError} when there is no certificate, or one that does not go with its key. */
  constructor(where: string, options: TlsOptions) {
    this.#options = options;
    this.#source = identitiesOf(where, options);
    this.#generation = this.#begin();
  }

  readonly handshake = (ciphertext: Duplex, { secure, failed }: HandshakeCalls): void => {
    const generation = this.#current();
    const server = generation.free.pop() ?? this.#serverOf(generation);
    const settled = (): void => {
      server.off("secureConnection", secured);
      server.off("tlsClientError", refused);
      generation.free.push(server);
    };
    const secured = (socket: TLSSocket): void => {
      settled();
      secure(socket);
    };
    const refused = (error: Error, socket: TLSSocket): void => {
      settled();
      socket.on("error", () => {});
      failed(verificationError(socket) ?? error);
    };
    server.on("secureConnection", secured);
    server.on("tlsClientError", refused);
    server.emit("connection", ciphertext);
  };

  #current(): Generation {
    if (this.#source() !== this.#generation.identities) this.#generation = this.#begin();
    return this.#generation;
  }

  #begin(): Generation {
    return { identities: this.#source(), contexts: new Map(), free: [] };
  }

  #serverOf({ identities, contexts }: Generation): Server {
    const options = this.#options;
    const [first] = identities;
    const choose = (name: string, done: (error: Error | null, context?: SecureContext) => void) => {
      const chosen = identityFor(identities, name);
      if (chosen === undefined || chosen === first) return done(null);
      let context = contexts.get(chosen);
      if (context === undefined) {
        context = contextFor(options, forNode(chosen));
        contexts.set(chosen, context);
      }
      done(null, context);
    };
    return createServer({
      ...contextOptions(options, first === undefined ? {} : forNode(first)),
      ...(options.alpn === undefined ? {} : { ALPNProtocols: [...options.alpn] }),
      requestCert: options.requestCert === true,
      rejectUnauthorized: options.requestCert === true,
      SNICallback: choose,
      ticketKeys: this.#ticketKeys,
      handshakeTimeout: NODE_HANDSHAKE_MS,
    });
  }
}

/** What is made from one set of certificates. */
interface Generation {
  readonly identities: readonly TlsIdentity[];
  readonly contexts: Map<TlsIdentity, SecureContext>;
  /** Servers without a handshake. */
  readonly free: Server[];
}

function identitiesOf(where: string, options: TlsOptions): () => readonly TlsIdentity[] {
  const { cert, certificates, key, passphrase } = options;
  if (certificates instanceof CertificateStore) return () => certificates.identities;
  const listed =
    cert !== undefined && key !== undefined
      ? [{ cert, key, ...(passphrase === undefined ? {} : { passphrase }) }]
      : certificates;
  if (listed === undefined) {
    throw new TypeError(`${where}: a server needs cert and key, or certificates`);
  }
  checkIdentities(listed);
  return () => listed;
}

/** Node keeps why it did not take a client's certificate beside the error that it makes of it. */
function verificationError(socket: TLSSocket): Error | null {
  const code: unknown = socket.authorizationError;
  return typeof code === "string" ? Object.assign(new Error(code), { code }) : null;
}
