import { after, test } from "node:test";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { isFull } from "../counts.ts";
import { Scratch } from "./scratch.ts";
import { endTrials } from "./tls-end-trials.ts";
import { tlsFiles } from "./tls-files.ts";
import { CLIENT_PROGRAMS, SERVER_PROGRAMS, VERSIONS } from "./tls-peers.ts";
import { trialsWithClient, trialsWithServer } from "./tls-trials.ts";

// openssl, gnutls and curl with each side of ours: sessions go through, everything that is wrong
// with a certificate is refused, and our words say what it is. The proof tries the command in full.
const scratch = new Scratch();
after(() => scratch[Symbol.dispose]());
const files = await tlsFiles(scratch);

const trials = [
  ...(isFull() ? (["library", "command"] as const) : (["library"] as const)).flatMap((ours) =>
    VERSIONS.flatMap((version) => [
      ...SERVER_PROGRAMS.flatMap((server) => trialsWithServer(ours, server, version)),
      ...CLIENT_PROGRAMS.flatMap((client) => trialsWithClient(ours, client, version)),
    ]),
  ),
  ...endTrials(),
];

for (const { name, needs, run } of trials) {
  const missing = missingPrograms(needs);
  const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;
  test(name, { skip }, async () => void (await run(files)));
}
