/** `overwall/tls`: TLS over any transport. */
export { CertificateStore, type LoadCertificates, type TlsIdentity } from "./certificates.ts";
export { type SelfSigned, type SelfSignedOptions, selfSigned } from "./self-signed.ts";
export { type StartTlsOptions, startTls } from "./start-tls.ts";
export { tls } from "./tls.ts";
export type { Pem, TlsOptions, TlsRole, TlsVersion } from "./tls-options.ts";
export type { TlsSession } from "./tls-session.ts";
export type { TlsTransport } from "./tls-transport.ts";
