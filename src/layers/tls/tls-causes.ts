import type { Address, CloseCause, CloseReason, WireErrorCode } from "../../contract/index.ts";
import { describeReason, formatAddress, WireError } from "../../contract/index.ts";

/** The handshake was refused by either side, or is none. */
export function handshakeFailed(error: Error, peer: Address): CloseCause {
  const code = codeOf(error);
  const certificate = CERTIFICATE.get(code);
  const kind = certificate === undefined ? "ERR_WIRE_HANDSHAKE" : "ERR_WIRE_CERTIFICATE";
  const detail = IN_DETAIL.has(code) ? ` (${reasonOf(error)})` : "";
  const why = certificate ?? HANDSHAKE.get(code) ?? alertIn(code) ?? reasonOf(error);
  return failed(kind, `Cannot begin TLS with ${formatAddress(peer)}: ${why}${detail}`, error, peer);
}

/** What OpenSSL's code for a certificate that it does not take means. */
export function certificateFault(code: string): string {
  return CERTIFICATE.get(code) ?? code;
}

/** An error of a check of the user's own, marked as what it is. */
export function asRefusedIdentity(error: Error): Error {
  return Object.assign(new Error(error.message, { cause: error }), { code: IDENTITY_REFUSED });
}

/** The transport beneath ended before the handshake was done. */
export function endedInHandshake(peer: Address, reason?: CloseReason): CloseCause {
  const how = reason === undefined || reason.kind === "done" ? "ended it" : describeReason(reason);
  const what = `Cannot begin TLS with ${formatAddress(peer)}: `;
  const why =
    how === "ended it"
      ? "the peer ended the connection in the handshake; does it speak TLS there?"
      : `the connection was lost in the handshake (${how})`;
  return failed("ERR_WIRE_HANDSHAKE", what + why, reason?.error, peer);
}

/** An established session cannot go on. */
export function sessionFailed(error: Error, peer: Address): CloseCause {
  const code = codeOf(error);
  const what = `Cannot go on with TLS to ${formatAddress(peer)}: `;
  const alert = HANDSHAKE.get(code) ?? alertIn(code);
  if (alert !== undefined) {
    const wireError = new WireError("ERR_WIRE_BROKEN", what + alert, {
      cause: error,
      address: peer,
    });
    return { kind: "lost", by: "wire", code: "ERR_WIRE_BROKEN", error: wireError };
  }
  const why =
    code === "ERR_TLS_RENEGOTIATION_DISABLED"
      ? "it asks to renegotiate, which is refused here"
      : `what arrived is no TLS of this session (${reasonOf(error)})`;
  const wireError = new WireError("ERR_WIRE_PEER_PROTOCOL", what + why, {
    cause: error,
    address: peer,
  });
  return { kind: "failed", by: "peer", code: "ERR_WIRE_PEER_PROTOCOL", error: wireError };
}

/** The transport beneath ended, and the peer's end mark was not there. */
export function truncated(peer: Address): CloseCause {
  const what = `Cut short: ${formatAddress(peer)} ended without TLS's end mark`;
  const error = new WireError("ERR_WIRE_TRUNCATED", `${what}; what it sent last may be missing`, {
    address: peer,
  });
  return { kind: "lost", by: "wire", code: "ERR_WIRE_TRUNCATED", error };
}

function failed(
  code: WireErrorCode,
  message: string,
  cause: Error | undefined,
  address: Address,
): CloseCause {
  const error = new WireError(code, message, { ...(cause && { cause }), address });
  return { kind: "failed", by: "peer", code: "ERR_WIRE_HANDSHAKE", error };
}

/** What Node and OpenSSL call it, without what is the same in all of them. */
function codeOf(error: Error): string {
  return String(Reflect.get(error, "code") ?? "");
}

function reasonOf(error: Error): string {
  const reason: unknown = Reflect.get(error, "reason");
  return typeof reason === "string" && reason !== "" ? reason : error.message;
}

/** An alert is what the peer said; its name is all that is known. */
function alertIn(code: string): string | undefined {
  const name = /_ALERT_(.+)$/.exec(code)?.[1];
  return name && `the peer refused with the alert "${name.toLowerCase().replaceAll("_", " ")}"`;
}

const UNKNOWN_ISSUER =
  "nobody that is trusted here issued its certificate; give the issuer's certificate as `ca`";
const SELF_SIGNED = `its certificate is self-signed, and not trusted; give it as \`ca\``;

/** What Node calls every fault that it has no code for, such as a key that is too short. */
const UNNAMED_FAULT = "UNSPECIFIED";
const IDENTITY_REFUSED = "ERR_IDENTITY_REFUSED";

/** Where the words beside the code tell more than ours. */
const IN_DETAIL: ReadonlySet<string> = new Set([
  "ERR_TLS_CERT_ALTNAME_INVALID",
  IDENTITY_REFUSED,
  UNNAMED_FAULT,
]);

const CERTIFICATE: ReadonlyMap<string, string> = new Map([
  ["CERT_HAS_EXPIRED", "its certificate has expired; it must be renewed there"],
  ["CERT_NOT_YET_VALID", "its certificate is not valid yet; compare the clocks"],
  ["DEPTH_ZERO_SELF_SIGNED_CERT", SELF_SIGNED],
  ["SELF_SIGNED_CERT_IN_CHAIN", UNKNOWN_ISSUER],
  ["UNABLE_TO_GET_ISSUER_CERT", UNKNOWN_ISSUER],
  ["UNABLE_TO_GET_ISSUER_CERT_LOCALLY", UNKNOWN_ISSUER],
  ["UNABLE_TO_VERIFY_LEAF_SIGNATURE", UNKNOWN_ISSUER],
  ["CERT_UNTRUSTED", UNKNOWN_ISSUER],
  ["INVALID_CA", "its certificate was issued by one that may not issue any"],
  ["INVALID_PURPOSE", "its certificate is not meant for this side of a connection"],
  ["CERT_REVOKED", "its certificate was revoked"],
  ["CERT_SIGNATURE_FAILURE", "the signature on its certificate is wrong"],
  ["CERT_CHAIN_TOO_LONG", "the chain behind its certificate is too long"],
  ["ERR_TLS_CERT_ALTNAME_INVALID", "its certificate is for another name"],
  [IDENTITY_REFUSED, "its certificate is not taken"],
  [UNNAMED_FAULT, "its certificate is not taken"],
  ["ERR_SSL_EE_KEY_TOO_SMALL", "the key of its certificate is too short"],
  ["ERR_SSL_CA_KEY_TOO_SMALL", "the key of who issued its certificate is too short"],
  ["ERR_SSL_CA_MD_TOO_WEAK", "the signature on its certificate is of a kind that is too weak"],
  ["ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE", "it gave no certificate, and one is required"],
  ["ERR_SSL_CERTIFICATE_VERIFY_FAILED", UNKNOWN_ISSUER],
]);

const NOT_TLS = "what arrived is not TLS; does the other side speak it there?";
const NO_ANSWER =
  "what arrived is no answer to our part of the handshake; does the other side speak TLS there?";

const HANDSHAKE: ReadonlyMap<string, string> = new Map([
  ["ERR_SSL_WRONG_VERSION_NUMBER", NOT_TLS],
  ["ERR_SSL_UNEXPECTED_MESSAGE", NO_ANSWER],
  ["ERR_SSL_HTTP_REQUEST", "what arrived is HTTP without TLS"],
  ["ERR_SSL_PACKET_LENGTH_TOO_LONG", NOT_TLS],
  ["ERR_SSL_UNSUPPORTED_PROTOCOL", "it speaks only versions of TLS that are refused here"],
  ["ERR_SSL_VERSION_TOO_LOW", "it speaks only versions of TLS that are refused here"],
  ["ERR_SSL_NO_SHARED_CIPHER", "there is no cipher suite that both sides take"],
  ["ERR_SSL_NO_APPLICATION_PROTOCOL", "it offers none of our application protocols (alpn)"],
  [
    "ERR_SSL_SSLV3_ALERT_HANDSHAKE_FAILURE",
    'the peer refused with the alert "handshake failure": ' +
      "there is nothing that both sides take, or it requires a certificate",
  ],
  ["ERR_SSL_TLSV1_ALERT_NO_APPLICATION_PROTOCOL", "it takes none of our protocols (alpn)"],
  ["ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION", "it refuses our versions of TLS"],
  ["ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED", "it requires a certificate; give cert and key"],
  ["ERR_SSL_TLSV1_ALERT_UNKNOWN_CA", "it does not trust who issued our certificate"],
  ["ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED", "our certificate has expired"],
  ["ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE", 'it does not take our certificate ("bad certificate")'],
  [
    "ERR_SSL_SSLV3_ALERT_CERTIFICATE_UNKNOWN",
    'it does not take our certificate ("certificate unknown")',
  ],
]);
