import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { describe, it } from "node:test";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { closeQuietly, makePipe } from "../wires/fifo.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";
import { NEEDED, PEERS, passAround } from "./descriptor-peers.ts";

// Sockets, pipes and regular files, to a peer that is not ours and back, one by one and several at
// once.
describe("descriptors and other programs", onlyNative, () => {
  for (const peer of PEERS) {
    const missing = missingPrograms([NEEDED[peer]]);
    const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;
    for (const each of peer === "ours" ? [1] : [1, 12]) {
      it(`go to ${peer} and come back, ${each} in a message`, { skip }, async () => {
        const server = createServer();
        await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
        const { fd } = (server as unknown as { readonly _handle: { readonly fd: number } })._handle;
        const pipe = makePipe();
        const file = openSync("package.json", "r");
        try {
          await passAround(peer, [file, pipe.input, pipe.output, fd], 48, each);
        } finally {
          closeSync(file);
          closeQuietly(pipe.input, pipe.output);
          await new Promise((resolve) => void server.close(resolve));
        }
      });
    }
  }
});
