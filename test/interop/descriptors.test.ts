import { describe, it } from "node:test";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { onlyNative } from "../wires/unix/descriptor-rig.ts";
import { NEEDED, PEERS, passAround } from "./descriptor-peers.ts";
import { openKinds } from "./open-kinds.ts";

// Sockets, pipes and regular files, to a peer that is not ours and back, one by one and several at
// once.
describe("descriptors and other programs", onlyNative, () => {
  for (const peer of PEERS) {
    const missing = missingPrograms([NEEDED[peer]]);
    const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;
    for (const each of peer === "ours" ? [1] : [1, 12]) {
      it(`go to ${peer} and come back, ${each} in a message`, { skip }, async () => {
        await using open = await openKinds();
        await passAround(peer, open.fds, 48, each);
      });
    }
  }
});
