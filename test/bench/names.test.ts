import assert from "node:assert/strict";
import { test } from "node:test";
import { readOptions } from "../../bench/options.ts";
import { allPeers, quickPeers } from "../../bench/peers.ts";
import { Places } from "../../bench/places.ts";
import { TARGETS } from "../../bench/targets.ts";
import { quickWorkloads, workloads } from "../../bench/workloads.ts";

const WORKLOADS = workloads.map(({ id }) => id);

function peerNames(): readonly string[] {
  using places = new Places(process.cwd());
  return allPeers(places).map(({ id }) => id);
}

test("every name in a target, and of what is quick, is one that there is", () => {
  const peers = peerNames();
  for (const target of TARGETS) {
    assert.ok(WORKLOADS.includes(target.workload), target.workload);
    assert.ok(peers.includes(target.peer), target.peer);
    if ("against" in target) assert.ok(peers.includes(target.against), target.against);
    if ("instructionsOf" in target) assert.ok(peers.includes(target.instructionsOf));
  }
  for (const peer of quickPeers) assert.ok(peers.includes(peer), peer);
  for (const workload of quickWorkloads) assert.ok(WORKLOADS.includes(workload), workload);
});

test("no name is given twice", () => {
  const peers = peerNames();
  assert.equal(new Set(peers).size, peers.length);
  assert.equal(new Set(WORKLOADS).size, WORKLOADS.length);
});

test("every workload is served by somebody who can be had here, ours among them", () => {
  using places = new Places(process.cwd());
  const ours = allPeers(places).filter(({ id }) => id.startsWith("overwall-"));
  for (const { id, mode } of workloads) {
    for (const peer of ours) {
      assert.ok(peer.command({ mode, port: 1, argument: "1" }) !== undefined, `${peer.id}, ${id}`);
    }
  }
});

test("a peer that was asked for brings those it is compared to, once each", () => {
  assert.deepEqual(readOptions(["--peer", "bun"]).peers, ["bun", "node-net", "c-epoll"]);
  assert.deepEqual(readOptions(["--peer", "node-net"]).peers, ["node-net", "c-epoll"]);
  assert.deepEqual(readOptions(["--peer", "bun", "--only"]).peers, ["bun"]);
});

test("quick is fewer and shorter, and what is said beside it wins", () => {
  const quick = readOptions(["--quick", "--rounds", "5"]);
  assert.deepEqual(quick.workloads, quickWorkloads);
  assert.deepEqual(quick.peers, quickPeers);
  assert.equal(quick.lengths.rounds, 5);
  assert.ok(quick.lengths.seconds < readOptions([]).lengths.seconds);
  assert.equal(readOptions([]).lengths.rounds, 7);
});

test("words that are not known, and numbers that are none, are refused", () => {
  assert.throws(() => readOptions(["--nonsense"]), TypeError);
  assert.throws(() => readOptions(["--rounds", "no"]), RangeError);
  assert.throws(() => readOptions(["--seconds", "0"]), RangeError);
});
