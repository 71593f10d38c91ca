import type { Peer } from "./peers.ts";
import type { Absent } from "./results.ts";
import { TARGETS } from "./targets.ts";
import type { Workload } from "./workloads.ts";

/** Who is measured together, and who is not there. */
export interface Company {
  readonly here: readonly Peer[];
  readonly absent: readonly Absent[];
}

/**
 * Who takes part in a workload.
 *
 * @param names who was asked for, `all` among them; null: whom the targets of the workload need,
 *   and everybody where all are to be beside each other.
 */
export function companyOf(
  workload: Workload,
  everybody: readonly Peer[],
  names: readonly string[] | null,
): Company {
  const able = everybody.filter((peer) => takesPart(peer, workload));
  const fitting = able.filter((peer) => fits(peer, workload));
  const asked = new Set(
    (names ?? usualNames(workload)).flatMap((name) =>
      name === "all" ? fitting.map(({ id }) => id) : [name],
    ),
  );
  const isHere = ({ id, missing }: Peer): boolean => asked.has(id) && missing === null;
  return {
    here: able.filter(isHere),
    absent: able
      .filter((peer) => !isHere(peer) && (asked.has(peer.id) || fitting.includes(peer)))
      .map(({ id, title, missing }) => ({
        workload: workload.id,
        peer: id,
        title,
        why: missing ?? NOT_ASKED,
      })),
  };
}

/** In one line; empty where nobody is absent. */
export function absentLine(absent: readonly Absent[], workload: Workload): string {
  const own = absent.filter((one) => one.workload === workload.id);
  const isThere = ({ why }: Absent): boolean => why === NOT_ASKED;
  const lacking = own.filter((one) => !isThere(one)).map(({ title, why }) => `${title} (${why})`);
  const unasked = own.filter(isThere).map(({ title }) => title);
  return [
    ...(lacking.length === 0 ? [] : [`Not here: ${lacking.join("; ")}.`]),
    ...(unasked.length === 0 ? [] : [`Not asked: ${unasked.join("; ")}.`]),
  ].join(" ");
}

const NOT_ASKED = "not asked";

function usualNames({ id, isForAll, hasLargeReads }: Workload): readonly string[] {
  if (isForAll === true) return ["all"];
  const owned = hasLargeReads === true ? ["c-owned"] : [];
  return ["overwall-native", "overwall-portable", "node-net", "c-epoll", ...owned, ...targeted(id)];
}

function targeted(workload: string): readonly string[] {
  return TARGETS.filter((target) => target.workload === workload).flatMap((target) =>
    "against" in target ? [target.peer, target.against] : [target.peer],
  );
}

/**
 * Other Nodes where a target names them; C that keeps each read where reads are large; `node:net`
 * with its delays where one side waits for the other, and there is something to delay.
 */
function fits({ id }: Peer, workload: Workload): boolean {
  const { load, mode, measure } = workload;
  if (id.includes("@")) return targeted(workload.id).includes(id);
  if (id === "c-owned") return workload.hasLargeReads === true;
  const isDelayed = mode !== "relay" && measure === "cost" && load[0] === "echo";
  return !id.endsWith("-nagle") || isDelayed;
}

function takesPart(peer: Peer, { mode }: Workload): boolean {
  return peer.command({ mode, port: 1, argument: "1" }) !== undefined;
}
