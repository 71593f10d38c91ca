import assert from "node:assert/strict";
import { test } from "node:test";
import type { Company } from "../../bench/company.ts";
import { companyOf } from "../../bench/company.ts";
import type { Peer } from "../../bench/peers.ts";
import { allPeers } from "../../bench/peers.ts";
import { Places } from "../../bench/places.ts";
import { TARGETS } from "../../bench/targets.ts";
import type { Workload } from "../../bench/workloads.ts";
import { workloads } from "../../bench/workloads.ts";

/** Everybody, as if all were here but these. */
function everybodyBut(...missing: readonly string[]): readonly Peer[] {
  using places = new Places(process.cwd());
  return allPeers(places).map((peer) => ({
    ...peer,
    missing: missing.includes(peer.id) ? `get ${peer.id}` : null,
  }));
}

const EVERYBODY = everybodyBut();

function workloadOf(id: string): Workload {
  const found = workloads.find((one) => one.id === id);
  assert.ok(found !== undefined, id);
  return found;
}

function idsOf({ here }: Company): readonly string[] {
  return here.map(({ id }) => id);
}

test("where nobody is named, everyone whom a target needs is measured", () => {
  for (const target of TARGETS) {
    const ids = idsOf(companyOf(workloadOf(target.workload), EVERYBODY, null));
    const needed = "against" in target ? target.against : target.peer;
    for (const id of [target.peer, needed, "node-net"]) {
      const isServed = id !== "c-epoll" || target.workload !== "timer";
      assert.equal(ids.includes(id), isServed, `${id} in ${target.workload}`);
    }
  }
});

test("small writes and echo have everybody, node:net with its delays among them", () => {
  const all = ["go", "bun", "deno", "asyncio", "uvloop", "twisted", "node-net", "node-net-nagle"];
  for (const id of ["small", "echo-50", "echo-1000"]) {
    const ids = idsOf(companyOf(workloadOf(id), EVERYBODY, null));
    for (const peer of all) assert.ok(ids.includes(peer), `${peer} in ${id}`);
  }
});

test("all is everybody who does it; delays are measured where one side waits for the other", () => {
  for (const workload of workloads) {
    const ids = idsOf(companyOf(workload, EVERYBODY, ["all"]));
    const isDelayed = ["small", "pipelined"].includes(workload.id) || /^echo-/.test(workload.id);
    assert.equal(ids.includes("node-net-nagle"), isDelayed, workload.id);
    assert.equal(ids.includes("socat"), workload.mode === "relay", workload.id);
    assert.equal(new Set(ids).size, ids.length);
  }
});

test("C that keeps each read is beside C where reads are large", () => {
  for (const workload of workloads) {
    const isThere = idsOf(companyOf(workload, EVERYBODY, null)).includes("c-owned");
    assert.equal(isThere, ["echo-16k", "pipelined", "bulk-in"].includes(workload.id), workload.id);
  }
});

test("of every workload those are named who were not asked, and who are not here", () => {
  const some = everybodyBut("bun", "socat");
  for (const workload of workloads) {
    const { here, absent } = companyOf(workload, some, ["overwall-native", "bun", "socat"]);
    assert.deepEqual(idsOf({ here, absent }), ["overwall-native"]);
    const all = idsOf(companyOf(workload, EVERYBODY, ["all"]));
    assert.deepEqual(
      absent.map(({ peer }) => peer).sort(),
      all.filter((id) => id !== "overwall-native").sort(),
      workload.id,
    );
    for (const { peer, why } of absent) {
      assert.equal(why, ["bun", "socat"].includes(peer) ? `get ${peer}` : "not asked");
    }
  }
});

test("with everybody here and asked, nobody is absent", () => {
  for (const workload of workloads) {
    assert.deepEqual(companyOf(workload, EVERYBODY, ["all"]).absent, []);
  }
});

test("another Node is measured where it is asked for, and missed where a target names it", () => {
  const { here } = companyOf(workloadOf("echo-1"), EVERYBODY, ["node-net@24"]);
  assert.deepEqual(
    here.map(({ id }) => id),
    ["node-net@24"],
  );
  const { absent } = companyOf(workloadOf("churn"), everybodyBut("node-net@24"), null);
  assert.equal(absent.find(({ peer }) => peer === "node-net@24")?.why, "get node-net@24");
});
