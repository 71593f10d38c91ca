/**
 * What is offered and taken: suites with forward secrecy and authenticated encryption alone; keys
 * of 112 bits of strength, which is RSA of 2048 bits, and no signature with SHA-1.
 */
export const CIPHERS: string = [
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "TLS_AES_128_GCM_SHA256",
  "ECDHE-ECDSA-AES256-GCM-SHA384",
  "ECDHE-RSA-AES256-GCM-SHA384",
  "ECDHE-ECDSA-CHACHA20-POLY1305",
  "ECDHE-RSA-CHACHA20-POLY1305",
  "ECDHE-ECDSA-AES128-GCM-SHA256",
  "ECDHE-RSA-AES128-GCM-SHA256",
  "@SECLEVEL=2",
].join(":");
