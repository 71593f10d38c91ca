import type { Peer } from "./peers.ts";
import { TARGETS } from "./targets.ts";
import type { Workload } from "./workloads.ts";

/** Those whom the others are compared to, and ours: they are in every group. */
const ALWAYS: readonly string[] = ["overwall-native", "c-epoll", "node-net"];

/** So many others in a group: a pair is of runs that are seconds apart. */
const OTHERS_MAX = 3;

/**
 * Peers as groups that are small: on a machine that others use too, runs that are half a minute
 * apart tell of the machine. A ratio is taken within a group, so whoever has a target against
 * somebody is in that one's group, beside its own.
 */
export function groupsOf(peers: readonly Peer[], workload: Workload): readonly (readonly Peer[])[] {
  const always = peers.filter(({ id }) => ALWAYS.includes(id));
  const others = peers.filter(({ id }) => !ALWAYS.includes(id));
  const count = Math.max(1, Math.ceil(others.length / OTHERS_MAX));
  return Array.from({ length: count }, (_, index) => {
    const own = others.slice(index * OTHERS_MAX, (index + 1) * OTHERS_MAX);
    const held = others.filter((peer) => !own.includes(peer) && isHeldTo(peer, own, workload));
    return [...always, ...held, ...own];
  });
}

function isHeldTo(peer: Peer, own: readonly Peer[], workload: Workload): boolean {
  return TARGETS.some(
    (target) =>
      "against" in target &&
      target.workload === workload.id &&
      target.peer === peer.id &&
      own.some(({ id }) => id === target.against),
  );
}
