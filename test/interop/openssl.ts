import assert from "node:assert/strict";
import { CountingPipe } from "./counting-pipe.ts";
import { Program, runToEnd } from "./program.ts";
import type { Interoperation, Setting } from "./relayed.ts";
import { assertCarried, relayTo } from "./relayed.ts";
import { freePort } from "./socket-address.ts";

/**
 * A TLS session of `openssl s_client` with `openssl s_server`, which sends every line back
 * reversed.
 */
export const openssl: Interoperation = {
  name: "openssl",
  needs: ["openssl"],
  asksVersion: ["openssl", "version"],
  async run(setting) {
    const { onto, scratch } = setting;
    const [key, certificate] = [scratch.path("key.pem"), scratch.path("certificate.pem")];
    const making = [
      "req",
      "-x509",
      "-newkey",
      "rsa:2048",
      "-nodes",
      "-days",
      "2",
      "-subj",
      "/CN=proof",
    ];
    const made = await runToEnd("openssl", [...making, "-keyout", key, "-out", certificate]);
    assert.equal(made.status, 0, made.stderr);
    const port = onto === "tcp" ? await freePort() : 0;
    const path = scratch.path("tls");
    const where = onto === "tcp" ? ["-accept", `127.0.0.1:${port}`] : ["-unix", path];
    const how = ["-cert", certificate, "-key", key, "-rev", "-naccept", "1"];
    await using server = new Program("openssl", ["s_server", ...where, ...how]);
    await server.until(({ stdout }) => stdout.includes("ACCEPT") || undefined);
    await using pipe = await CountingPipe.to(
      onto === "tcp" ? { host: "127.0.0.1", port } : { path },
      { onto, scratch },
    );
    await using relay = await relayTo(pipe.at, setting);
    const lines = linesFor(setting);
    const { status, stderr, stdout } = await session(relay.at, certificate, lines);
    assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
    assert.equal(stdout, lines.map((line) => `${line.split("").reverse().join("")}\n`).join(""));
    const { toTarget, fromTarget } = await pipe.ended;
    assert.ok(toTarget > 0 && fromTarget > 0);
    return await assertCarried(relay, { connections: 1, toTarget, fromTarget });
  },
};

function session(
  at: Parameters<typeof relayTo>[0],
  certificate: string,
  lines: readonly string[],
): ReturnType<typeof runToEnd> {
  const place = "path" in at ? ["-unix", at.path] : ["-connect", `127.0.0.1:${at.port}`];
  const how = [
    "-quiet",
    "-servername",
    "proof",
    "-verify_quiet",
    "-verify_return_error",
    "-CAfile",
    certificate,
  ];
  const input = new TextEncoder().encode([...lines, "CLOSE", ""].join("\n"));
  return runToEnd("openssl", ["s_client", ...place, ...how], { input });
}

function linesFor({ full }: Setting): string[] {
  return Array.from({ length: full ? 2000 : 200 }, (_, index) => `line ${index} of a session`);
}
