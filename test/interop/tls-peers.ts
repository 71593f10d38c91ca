import { Program } from "./program.ts";
import { freePort } from "./socket-address.ts";
import type { IdentityFiles } from "./tls-files.ts";

export type Version = "1.2" | "1.3";

export const VERSIONS: readonly Version[] = ["1.2", "1.3"];

/** What a client of somebody else's is told. */
export interface ClientTask {
  readonly port: number;
  readonly version: Version;
  readonly ca: string;
  /** Whom the server has to be. */
  readonly name: string;
  readonly identity?: IdentityFiles;
}

export interface ClientOutcome {
  /** Whether it got what it asked for, and says that all went well. */
  readonly isGood: boolean;
  readonly said: string;
}

/** A program that connects. `echo`: says a line and waits for it; `http`: fetches a page. */
export interface ClientProgram {
  readonly name: string;
  readonly needs: readonly string[];
  readonly speaks: "echo" | "http";
  start(task: ClientTask): Program;
}

/** What a server of somebody else's is told. It echoes lines, or sends them back reversed. */
export interface ServerTask {
  readonly version: Version;
  readonly identity: IdentityFiles;
  /** For `two.test`. */
  readonly second?: IdentityFiles;
  /** A client must have a certificate of this one's. */
  readonly clientCa?: string;
}

export interface RunningServer extends AsyncDisposable {
  readonly port: number;
  readonly program: Program;
}

export interface ServerProgram {
  readonly name: string;
  readonly needs: readonly string[];
  /** What it answers to a line. */
  answer(line: string): string;
  start(task: ServerTask): Promise<RunningServer>;
}

const opensslVersion = (version: Version): string => `-tls${version.replace(".", "_")}`;
const priority = (version: Version): string => `NORMAL:-VERS-ALL:+VERS-TLS${version}`;

const sClient: ClientProgram = {
  name: "openssl s_client",
  needs: ["openssl"],
  speaks: "echo",
  start: ({ port, version, ca, name, identity }) =>
    new Program(
      "openssl",
      [
        ...["s_client", "-brief", "-connect", `127.0.0.1:${port}`, opensslVersion(version)],
        ...["-CAfile", ca, "-verify_return_error", "-verify_hostname", name, "-servername", name],
        ...["-alpn", "mine"],
        ...(identity === undefined ? [] : ["-cert", identity.cert, "-key", identity.key]),
      ],
      { input: "open" },
    ),
};

const gnutlsCli: ClientProgram = {
  name: "gnutls-cli",
  needs: ["gnutls-cli"],
  speaks: "echo",
  start: ({ port, version, ca, name, identity }) =>
    new Program(
      "gnutls-cli",
      [
        ...["--priority", priority(version), "--x509cafile", ca, "--alpn", "mine"],
        ...["--verify-hostname", name, "--sni-hostname", name, "--port", String(port)],
        ...(identity === undefined
          ? []
          : ["--x509certfile", identity.cert, "--x509keyfile", identity.key]),
        "127.0.0.1",
      ],
      { input: "open" },
    ),
};

const curl: ClientProgram = {
  name: "curl",
  needs: ["curl"],
  speaks: "http",
  start: ({ port, version, ca, name, identity }) =>
    new Program("curl", [
      ...["-sS", "--noproxy", "*", "--cacert", ca, "--http1.1"],
      ...[`--tlsv${version}`, "--tls-max", version, "--connect-to", `::127.0.0.1:${port}`],
      ...(identity === undefined ? [] : ["--cert", identity.cert, "--key", identity.key]),
      `https://${name}:${port}/`,
    ]),
};

const sServer: ServerProgram = {
  name: "openssl s_server",
  needs: ["openssl"],
  answer: (line) => line.split("").reverse().join(""),
  start: async ({ version, identity, second, clientCa }) => {
    const port = await freePort();
    const program = new Program("openssl", [
      ...["s_server", "-accept", `127.0.0.1:${port}`, opensslVersion(version), "-rev"],
      ...["-cert", identity.cert, "-key", identity.key, "-alpn", "mine"],
      ...(second === undefined
        ? []
        : ["-servername", "two.test", "-cert2", second.cert, "-key2", second.key]),
      ...(clientCa === undefined
        ? []
        : ["-Verify", "1", "-verify_return_error", "-CAfile", clientCa]),
    ]);
    return await running(program, port, /ACCEPT/);
  },
};

const gnutlsServ: ServerProgram = {
  name: "gnutls-serv",
  needs: ["gnutls-serv"],
  answer: (line) => line,
  start: async ({ version, identity, second, clientCa }) => {
    const port = await freePort();
    const program = new Program("gnutls-serv", [
      ...["--echo", "--port", String(port), "--priority", priority(version), "--alpn", "mine"],
      ...["--x509certfile", identity.cert, "--x509keyfile", identity.key],
      ...(second === undefined ? [] : ["--x509certfile", second.cert, "--x509keyfile", second.key]),
      ...(clientCa === undefined
        ? ["--disable-client-cert"]
        : ["--require-client-cert", "--verify-client-cert", "--x509cafile", clientCa]),
    ]);
    return await running(program, port, /IPv4 .*done/);
  },
};

async function running(program: Program, port: number, ready: RegExp): Promise<RunningServer> {
  try {
    await program.until(({ stdout, stderr }) => ready.test(stdout + stderr) || undefined);
  } catch (error) {
    await program[Symbol.asyncDispose]();
    throw error;
  }
  return { port, program, [Symbol.asyncDispose]: () => program[Symbol.asyncDispose]() };
}

export const CLIENT_PROGRAMS: readonly ClientProgram[] = [sClient, gnutlsCli, curl];
export const SERVER_PROGRAMS: readonly ServerProgram[] = [sServer, gnutlsServ];
