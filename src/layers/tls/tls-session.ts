import type { X509Certificate } from "node:crypto";
import type { TLSSocket } from "node:tls";
import { certificateFault } from "./tls-causes.ts";

/** What a handshake settled. */
export interface TlsSession {
  /** `TLSv1.3` or `TLSv1.2`. */
  readonly protocol: string;
  /** The cipher suite, by its standard name: `TLS_AES_256_GCM_SHA384`. */
  readonly cipher: string;
  /** The application protocol; `null` when one side offered none. */
  readonly alpn: string | null;
  /** The name that the client asked for; `null` when it named none, as with a literal address. */
  readonly servername: string | null;
  /** Whether the peer's certificate is there and was found good. */
  readonly authorized: boolean;
  /** What is wrong with a certificate that was taken all the same; empty when nothing is. */
  readonly unauthorizedWhy: string;
  /** The peer's certificate; `null` when it gave none. */
  readonly peerCertificate: X509Certificate | null;
}

export function sessionOf(socket: TLSSocket): TlsSession {
  const { alpnProtocol, authorized } = socket;
  const servername: unknown = Reflect.get(socket, "servername");
  return {
    protocol: socket.getProtocol() ?? "unknown",
    cipher: socket.getCipher()?.standardName ?? "unknown",
    alpn: typeof alpnProtocol === "string" ? alpnProtocol : null,
    servername: typeof servername === "string" && servername !== "" ? servername : null,
    authorized,
    unauthorizedWhy: unauthorizedWhy(socket),
    peerCertificate: socket.getPeerX509Certificate() ?? null,
  };
}

/** Node has the code in place of the error that it says that it has. */
function unauthorizedWhy({ authorizationError }: TLSSocket): string {
  const error: unknown = authorizationError ?? "";
  return error === "" ? "" : certificateFault(String(error));
}
