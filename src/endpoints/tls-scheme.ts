import type { TlsInWords } from "../layers/tls/tls-from-files.ts";
import type { Scheme } from "./scheme.ts";

/** TLS in endpoint strings; its code is loaded when it is first named. */
export const tlsScheme: Scheme = {
  name: "tls",
  describe: "TLS 1.2 and 1.3 over any wire, TCP when none is named",
  example: "tls://example.org:443",
  implies: "tcp",
  options: {
    servername: { type: "text", describe: "connecting: whom the server has to be (the host)" },
    ca: { type: "text", describe: "a PEM file: whose certificates are taken" },
    cert: {
      type: "text",
      describe: "a PEM file: our certificate; a server needs one, or several, as in a.pem,b.pem",
    },
    key: { type: "text", describe: "a PEM file: its key, one for each cert (in the file of cert)" },
    selfSigned: {
      type: "boolean",
      describe: "a certificate made on the spot, in place of cert",
      fallback: "false",
    },
    saveCert: {
      type: "text",
      describe: "with selfSigned: a file to write that certificate to, as the ca of a client",
    },
    requestCert: {
      type: "boolean",
      describe: "listening: clients must have a certificate",
      fallback: "false",
    },
    insecure: {
      type: "boolean",
      describe: "connecting: take whatever certificate comes",
      fallback: "false",
    },
    alpn: { type: "text", describe: "application protocols, as in h2,http/1.1" },
    minVersion: { type: "text", describe: "1.2 or 1.3", fallback: "1.2" },
    maxVersion: { type: "text", describe: "1.2 or 1.3", fallback: "1.3" },
  },
  listens: true,
  connects: true,
  lacksToListen: ({ cert, selfSigned }) =>
    cert !== undefined || selfSigned === true
      ? undefined
      : 'a server over TLS needs a certificate: add cert=FILE and key=FILE behind a "?", ' +
        "or selfSigned for one made on the spot",
  open: async ({ lower, options }) => {
    if (lower === undefined) throw new RangeError("Cannot open TLS: there is no wire beneath");
    const { tlsFromFiles } = await import("../layers/tls/tls-from-files.ts");
    return tlsFromFiles(lower, options as TlsInWords);
  },
};
