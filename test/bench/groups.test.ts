import assert from "node:assert/strict";
import { test } from "node:test";
import { companyOf } from "../../bench/company.ts";
import { groupsOf } from "../../bench/groups.ts";
import { allPeers } from "../../bench/peers.ts";
import { Places } from "../../bench/places.ts";
import { TARGETS } from "../../bench/targets.ts";
import { workloads } from "../../bench/workloads.ts";

using places = new Places(process.cwd());
const everybody = allPeers(places).map((peer) => ({ ...peer, missing: null }));

/** As when nobody is named, and as with `--peer all`. */
const groups = [null, ["all"]].flatMap((names) =>
  workloads.map((workload) => {
    const { here } = companyOf(workload, everybody, names);
    return { id: workload.id, here, groups: groupsOf(here, workload) };
  }),
);

test("a target's pair is within a group, whoever else was asked", () => {
  for (const target of TARGETS) {
    if (!("against" in target)) continue;
    for (const { groups: own } of groups.filter(({ id }) => id === target.workload)) {
      const isPaired = own.some((group) =>
        [target.peer, target.against].every((id) => group.some((peer) => peer.id === id)),
      );
      assert.equal(isPaired, true, `${target.peer} and ${target.against} in ${target.workload}`);
    }
  }
});

test("everybody is in a group, which is small, with those whom all are compared to", () => {
  for (const { id, here, groups: own } of groups) {
    assert.deepEqual(new Set(own.flat()), new Set(here), id);
    for (const group of own) {
      assert.ok(group.length <= 7, id);
      assert.equal(new Set(group).size, group.length, id);
      const compared = here.filter((peer) => ["node-net", "c-epoll"].includes(peer.id));
      for (const peer of compared) assert.ok(group.includes(peer), `${peer.id} in ${id}`);
    }
  }
});
