import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import type { Endpoint, ListeningPort } from "../../../src/contract/index.ts";
import { relay } from "../../../src/join/index.ts";
import { tls } from "../../../src/layers/tls/index.ts";
import { tcp } from "../../../src/wires/tcp/index.ts";
import { unix } from "../../../src/wires/unix/index.ts";
import { HalfCloseAware, patterned } from "../../wires/recording-protocol.ts";
import { authority, forLocalhost, text } from "./authority.ts";

const folder = mkdtempSync(join(tmpdir(), "overwall-tls-relay-"));
after(() => rmSync(folder, { recursive: true, force: true }));
let places = 0;

interface Kind {
  readonly listen: () => Endpoint;
  readonly to: (port: Pick<ListeningPort, "getHost">) => Endpoint;
}

const plainTcp: Kind = {
  listen: () => tcp({ port: 0 }),
  to: (port) => tcp({ port: (port.getHost() as { readonly port: number }).port }),
};
const plainUnix: Kind = {
  listen: () => unix({ path: join(folder, `${places++}.sock`) }),
  to: (port) => unix({ path: (port.getHost() as { readonly path: string }).path }),
};
const over = ({ listen, to }: Kind): Kind => ({
  listen: () => tls(listen(), forLocalhost),
  to: (port) => tls(to(port), { ca: authority.cert }),
});
const kinds: Readonly<Record<string, Kind>> = {
  tcp: plainTcp,
  unix: plainUnix,
  "tls+tcp": over(plainTcp),
  "tls+unix": over(plainUnix),
};

for (const [from, near] of Object.entries(kinds)) {
  for (const [onto, far] of Object.entries(kinds)) {
    if (!from.startsWith("tls") && !onto.startsWith("tls")) continue;
    test(`a relay from ${from} to ${onto}: the late reply to an ended question is whole`, async () => {
      const answer = patterned(1_000_000);
      const server = new HalfCloseAware();
      await using target = await far.listen().listen(() => server);
      await using through = await relay(near.listen(), far.to(target));
      const client = await near.to(through).connect(new HalfCloseAware());
      client.transport.write(text("a question"));
      (client.transport as unknown as { loseWriteConnection(): void }).loseWriteConnection();
      await server.readEnded;
      assert.equal(server.bytes.toString(), "a question");
      server.transport.write(answer);
      server.transport.loseConnection();
      const [clientReason, serverReason] = await Promise.all([client.lost, server.lost]);
      assert.deepEqual(client.bytes, Buffer.from(answer));
      assert.deepEqual([clientReason.kind, serverReason.kind], ["done", "done"]);
    });
  }
}
