import assert from "node:assert/strict";
import type { TlsFiles } from "./tls-files.ts";
import type { Ours } from "./tls-ours.ts";
import { ourClient, ourServer, PAGE } from "./tls-ours.ts";
import type { ClientProgram, ServerProgram, ServerTask, Version } from "./tls-peers.ts";

/** One thing tried with a program of somebody else's. */
export interface TlsTrial {
  readonly name: string;
  readonly needs: readonly string[];
  /** Throws unless it came out right; answers what our side said. */
  run(files: TlsFiles): Promise<string>;
}

/** Our client, and a server of somebody else's. */
export function trialsWithServer(
  ours: Ours,
  server: ServerProgram,
  version: Version,
): readonly TlsTrial[] {
  const trial = (
    what: string,
    task: (files: TlsFiles) => Omit<ServerTask, "version">,
    words: (files: TlsFiles) => Parameters<typeof ourClient>[2],
    check: (outcome: Awaited<ReturnType<typeof ourClient>>) => void,
  ): TlsTrial => ({
    name: `our ${ours}, ${server.name}, ${version}: ${what}`,
    needs: server.needs,
    run: async (files) => {
      await using peer = await server.start({ version, ...task(files) });
      const outcome = await ourClient(ours, peer.port, words(files), LINE);
      check(outcome);
      return lastWords(outcome.said);
    },
  });
  const answers =
    (...patterns: readonly RegExp[]) =>
    ({ answer, said }: { readonly answer: string; readonly said: string }): void => {
      assert.equal(answer, `${server.answer(LINE)}\n`, said);
      for (const pattern of patterns) assert.match(said, pattern);
    };
  const refuses =
    (pattern: RegExp) =>
    ({ answer, said }: { readonly answer: string; readonly said: string }): void => {
      assert.equal(answer, "");
      assert.match(said, pattern);
    };
  return [
    trial(
      "a session, ALPN, the name checked",
      ({ server: identity }) => ({ identity }),
      ({ ca }) => ({ ca, servername: "localhost", alpn: "mine" }),
      answers(new RegExp(`TLSv${version}`), /mine/, /closed by us/),
    ),
    trial(
      "the certificate for the name asked for",
      ({ server: identity, second }) => ({ identity, second }),
      ({ ca }) => ({ ca, servername: "two.test" }),
      answers(/CN=two\.test/),
    ),
    trial(
      "a client's certificate",
      ({ server: identity, ca }) => ({ identity, clientCa: ca }),
      ({ ca, client }) => ({ ca, servername: "localhost", ...client }),
      answers(),
    ),
    trial(
      "no client's certificate where one is required",
      ({ server: identity, ca }) => ({ identity, clientCa: ca }),
      ({ ca }) => ({ ca, servername: "localhost" }),
      // A server that lets go with our first bytes unread resets, and its alert may go with them.
      refuses(/requires a certificate|refused with the alert|the peer reset/),
    ),
    trial(
      "a client's certificate of an unknown issuer",
      ({ server: identity, ca }) => ({ identity, clientCa: ca }),
      ({ ca, strangeClient }) => ({ ca, servername: "localhost", ...strangeClient }),
      refuses(/does not trust who issued|does not take our certificate|alert|the peer reset/),
    ),
    trial(
      "wrong name",
      ({ server: identity }) => ({ identity }),
      ({ ca }) => ({ ca, servername: "elsewhere.test" }),
      refuses(/its certificate is for another name \(.*elsewhere\.test/),
    ),
    trial(
      "expired",
      ({ expired }) => ({ identity: expired }),
      ({ ca }) => ({ ca, servername: "localhost" }),
      refuses(/its certificate has expired/),
    ),
    trial(
      "unknown issuer",
      ({ server: identity }) => ({ identity }),
      ({ strangeCa }) => ({ ca: strangeCa, servername: "localhost" }),
      refuses(/nobody that is trusted here issued its certificate/),
    ),
  ];
}

/** Our server, and a client of somebody else's. */
export function trialsWithClient(
  ours: Ours,
  client: ClientProgram,
  version: Version,
): readonly TlsTrial[] {
  const trial = (
    what: string,
    words: (files: TlsFiles) => Parameters<typeof ourServer>[2],
    task: (files: TlsFiles) => Partial<Parameters<ClientProgram["start"]>[0]>,
    expected: "good" | "refused" | RegExp,
  ): TlsTrial => ({
    name: `${client.name}, our ${ours}, ${version}: ${what}`,
    needs: client.needs,
    run: async (files) => {
      await using server = await ourServer(ours, client.speaks, words(files));
      const { port } = server;
      const given = { port, version, ca: files.ca, name: "localhost", ...task(files) };
      const said = await play(client, given, expected === "good");
      if (expected === "good") return "all of it";
      if (expected === "refused") return "(it is a session for us; the client tells its user)";
      const failure = await server.failure();
      assert.match(failure, expected, said);
      return lastWords(failure);
    },
  });
  const asServer = ({ server }: TlsFiles): Parameters<typeof ourServer>[2] => ({
    ...server,
    ...(client.speaks === "echo" && { alpn: "mine" }),
  });
  const demanding = (files: TlsFiles): Parameters<typeof ourServer>[2] => ({
    ...asServer(files),
    ca: files.ca,
    requestCert: true,
  });
  const notTaken = /does not trust who issued|does not take our certificate|refused|expired/;
  return [
    trial("a session, ALPN, the name checked", asServer, () => ({}), "good"),
    trial(
      "the certificate for the name asked for",
      ({ server, second }) => ({
        cert: `${server.cert},${second.cert}`,
        key: `${server.key},${second.key}`,
      }),
      () => ({ name: "two.test" }),
      "good",
    ),
    trial("a client's certificate", demanding, ({ client: identity }) => ({ identity }), "good"),
    trial(
      "no client's certificate where one is required",
      demanding,
      () => ({}),
      /it gave no certificate, and one is required/,
    ),
    trial(
      "a client's certificate of an unknown issuer",
      demanding,
      ({ strangeClient: identity }) => ({ identity }),
      /its certificate is self-signed|nobody that is trusted here issued its certificate/,
    ),
    trial(
      "wrong name",
      asServer,
      () => ({ name: "elsewhere.test" }),
      // It looks at the name when the handshake is over, and then says nothing to the server.
      client.name === "curl" ? "refused" : notTaken,
    ),
    trial(
      "expired",
      ({ expired }) => ({ ...expired }),
      () => ({}),
      notTaken,
    ),
    trial("unknown issuer", asServer, ({ strangeCa }) => ({ ca: strangeCa }), notTaken),
  ];
}

const LINE = "one line of a session";

/** Lets the client do what it can; throws unless that comes out as wanted. */
async function play(
  client: ClientProgram,
  task: Parameters<ClientProgram["start"]>[0],
  isWanted: boolean,
): Promise<string> {
  await using program = client.start(task);
  if (client.speaks === "echo") {
    program.write(`${LINE}\n`);
    const isThere = ({ stdout }: typeof program): true | undefined =>
      stdout.includes(LINE) || undefined;
    await program.until(isThere).catch(() => {});
    program.endInput();
  }
  const { status, stdout, stderr } = await program.outcome;
  const isGood = status === 0 && stdout.includes(client.speaks === "echo" ? LINE : PAGE);
  assert.equal(isGood, isWanted, `${client.name} ended with ${status}:\n${stdout}\n${stderr}`);
  return stdout + stderr;
}

function lastWords(said: string): string {
  return said.trim().split("\n").at(-1) ?? "";
}
