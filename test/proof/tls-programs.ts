import assert from "node:assert/strict";
import type { ProofReport } from "../../tools/proof.ts";
import { runToEnd } from "../interop/program.ts";
import { Scratch } from "../interop/scratch.ts";
import { endTrials } from "../interop/tls-end-trials.ts";
import { tlsFiles } from "../interop/tls-files.ts";
import { CLIENT_PROGRAMS, SERVER_PROGRAMS, VERSIONS } from "../interop/tls-peers.ts";
import type { TlsTrial } from "../interop/tls-trials.ts";
import { trialsWithClient, trialsWithServer } from "../interop/tls-trials.ts";

export const title: string =
  "openssl, gnutls and curl on either side of TLS 1.2 and 1.3, library and command: " +
  "what is good goes through, what is wrong is refused and named";

export const needs: readonly string[] = ["openssl", "gnutls-cli", "gnutls-serv", "curl", "python3"];

const VERSION_ARGS: Readonly<Record<string, readonly string[]>> = {
  openssl: ["version"],
  "gnutls-cli": ["--version"],
  curl: ["--version"],
};

export async function prove(report: ProofReport): Promise<void> {
  using scratch = new Scratch();
  const files = await tlsFiles(scratch);
  for (const [program, args] of Object.entries(VERSION_ARGS)) {
    const { stdout } = await runToEnd(program, args);
    report.version(program, stdout.split("\n")[0] ?? "");
  }
  const failures: string[] = [];
  const trials = report.full ? allTrials() : someTrials();
  for (const { name, run } of trials) {
    try {
      report.log(`${name}: ${await run(files)}`);
    } catch (error) {
      failures.push(`${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  report.count("trials", trials.length);
  report.count("trials that came out right", trials.length - failures.length);
  assert.deepEqual(failures, []);
}

function allTrials(): readonly TlsTrial[] {
  const sessions = (["library", "command"] as const).flatMap((ours) =>
    VERSIONS.flatMap((version) => [
      ...SERVER_PROGRAMS.flatMap((server) => trialsWithServer(ours, server, version)),
      ...CLIENT_PROGRAMS.flatMap((client) => trialsWithClient(ours, client, version)),
    ]),
  );
  return [...sessions, ...endTrials()];
}

/** The library's are tests of their own; here one program on each side tries the command. */
function someTrials(): readonly TlsTrial[] {
  return [
    ...SERVER_PROGRAMS.slice(0, 1).flatMap((one) => trialsWithServer("command", one, "1.3")),
    ...CLIENT_PROGRAMS.slice(0, 1).flatMap((one) => trialsWithClient("command", one, "1.3")),
  ];
}
