import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { Endpoint } from "../../src/contract/index.ts";
import { tls } from "../../src/layers/tls/index.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import type { ProofReport } from "../../tools/proof.ts";
import { Scratch } from "../interop/scratch.ts";
import { freePort } from "../interop/socket-address.ts";
import type { TlsSide } from "../interop/tls-proxies.ts";
import { TLS_PROXIES } from "../interop/tls-proxies.ts";
import { authority, forLocalhost } from "../layers/tls/authority.ts";
import { ANSWER, Asker, LateAnswerer, QUESTION } from "./peers/late-peers.ts";
import { atOnce } from "./system/at-once.ts";
import type { TlsVersion } from "./system/wires.ts";
import { TLS_VERSIONS } from "./system/wires.ts";

export const title =
  "A late reply through somebody else's TLS: whole through HAProxy and stunnel, lost in socat";

export const needs: readonly string[] = ["haproxy", "socat", "stunnel4"];

/** How much of the reply gets through, and what our client is told. socat waits half a second. */
const EXPECTED: Readonly<Record<string, { readonly bytes: number }>> = {
  haproxy: { bytes: ANSWER.length },
  stunnel: { bytes: ANSWER.length },
  "socat -t 30": { bytes: ANSWER.length },
  socat: { bytes: 0 },
};

export async function prove(report: ProofReport): Promise<void> {
  const delayMs = report.full ? 1500 : 1000;
  report.fact("the reply comes after", `${delayMs} ms`);
  report.version("haproxy", versionOf("haproxy", ["-v"]));
  report.version("socat", versionOf("socat", ["-V"]));
  report.version("stunnel", versionOf("stunnel4", ["-version"]));
  const versions = report.full ? TLS_VERSIONS : (["1.3"] as const);
  const scenes = Object.keys(EXPECTED).flatMap((name) =>
    (["in front", "behind"] as const).flatMap((side) =>
      versions.map((version) => ({ name, side, version })),
    ),
  );
  await atOnce(4, scenes, async ({ name, side, version }) => {
    const { bytes, reason } = await askThrough(name, side, version, delayMs);
    const what = `${name}, TLS ${version} ${side}`;
    report.fact(what, `${bytes} of ${ANSWER.length} bytes; our client is told: ${reason}`);
    assert.equal(bytes, EXPECTED[name]?.bytes, what);
    // An end that came too early looks like any other.
    assert.equal(reason, "done by us", what);
  });
  report.count("ways of others", scenes.length);
}

/** Our client asks through the proxy, and our server answers late. */
async function askThrough(
  name: string,
  side: TlsSide,
  version: TlsVersion,
  delayMs: number,
): Promise<{ readonly bytes: number; readonly reason: string }> {
  using scratch = new Scratch();
  const ports = { listen: await freePort(), target: await freePort(), scratch };
  await using _proxy = await TLS_PROXIES[name]?.(side, ports);
  const only = { minVersion: `TLSv${version}`, maxVersion: `TLSv${version}` } as const;
  const [place, way] = [ports.target, ports.listen].map((port) => tcp({ port }) as Endpoint);
  assert.ok(place !== undefined && way !== undefined);
  const served: LateAnswerer[] = [];
  const make = (): LateAnswerer => {
    const server = new LateAnswerer(delayMs);
    served.push(server);
    return server;
  };
  const secured = side === "behind" ? tls(place, { ...forLocalhost, ...only }) : place;
  await using _port = await (secured as Endpoint).listen(make);
  const trusting = { ca: authority.cert, servername: "localhost", ...only };
  const client = new Asker();
  await ((side === "in front" ? tls(way, trusting) : way) as Endpoint).connect(client);
  const { kind, by } = await client.lost;
  const got = Buffer.concat(client.got);
  assert.ok(got.equals(ANSWER.subarray(0, got.length)));
  await Promise.all(served.map(({ lost }) => lost));
  // A knock at the proxy may have come through, with nothing to ask.
  const asked = served.flatMap(({ got: chunks }) => chunks);
  assert.deepEqual(Buffer.concat(asked), Buffer.from(QUESTION));
  return { bytes: got.length, reason: `${kind} by ${by}` };
}

/** The first line with a number in it that the program says of itself. */
function versionOf(command: string, words: readonly string[]): string {
  const shown = execFileSync("/bin/sh", ["-c", 'exec "$@" 2>&1', "sh", command, ...words]);
  return (
    shown
      .toString()
      .split("\n")
      .find((line) => /\d+\.\d+/.test(line)) ?? "unknown"
  );
}
