import type { X509Certificate } from "node:crypto";
import type { Abortable, HalfCloseable, Transport } from "../../contract/index.ts";
import type { FlowCalls } from "../../flow/index.ts";
import { FlowTransport } from "../../flow/index.ts";
import type { TlsSession } from "./tls-session.ts";

/**
 * A connection over TLS. Its bytes and its ledger are plaintext; its addresses are those beneath.
 *
 * `loseWriteConnection` sends our close-notify, and reading goes on: by the standard in TLS 1.3. In
 * 1.2 a peer may close at once when it gets one, and discard what it had to say.
 */
export interface TlsTransport extends Transport, Abortable, HalfCloseable, TlsSession {}

/** A flow's transport with the facts of its session. */
export class TlsFlowTransport extends FlowTransport implements TlsTransport {
  readonly #session: () => TlsSession;

  /** @param session answers once the handshake is done, which is before anybody holds this. */
  constructor(flow: FlowCalls, session: () => TlsSession) {
    super(flow);
    this.#session = session;
  }

  get protocol(): string {
    return this.#session().protocol;
  }

  get cipher(): string {
    return this.#session().cipher;
  }

  get alpn(): string | null {
    return this.#session().alpn;
  }

  get servername(): string | null {
    return this.#session().servername;
  }

  get authorized(): boolean {
    return this.#session().authorized;
  }

  get unauthorizedWhy(): string {
    return this.#session().unauthorizedWhy;
  }

  get peerCertificate(): X509Certificate | null {
    return this.#session().peerCertificate;
  }
}
