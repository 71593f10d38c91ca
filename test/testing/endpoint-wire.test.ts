import assert from "node:assert/strict";
import { test } from "node:test";
import type { ListeningPort, Protocol } from "../../src/contract/index.ts";
import { memoryNetwork, VirtualRuntime } from "../../src/memory/index.ts";
import type { PairOptions } from "../../src/testing/index.ts";
import { endpointWire, settleVirtually } from "../../src/testing/index.ts";

const QUIET: Protocol = { connectionMade() {}, dataReceived() {}, connectionLost() {} };
const OPTIONS: PairOptions = { limits: {}, signal: new AbortController().signal, onError() {} };

function networkWire(leadsTo: (port: ListeningPort) => string) {
  const runtime = new VirtualRuntime();
  const network = memoryNetwork({ runtime });
  const wire = endpointWire({
    name: "network",
    capabilities: ["halfClose"],
    server: () => network.endpoint("here"),
    leadingTo: (port) => network.endpoint(leadsTo(port)),
    settle: settleVirtually(runtime),
  });
  return { wire, network, runtime };
}

test("left is who connects, right who listens, and listen is among the capabilities", async () => {
  const { wire } = networkWire(() => "here");
  assert.deepEqual([...wire.capabilities], ["halfClose", "listen"]);
  await using pair = await wire.pair(QUIET, QUIET, OPTIONS);
  assert.deepEqual(pair.left.getPeer(), { kind: "memory", name: "here" });
  assert.deepEqual(pair.right.getHost(), { kind: "memory", name: "here" });
});

test("disposing a pair ends the connection and stops the listening", async () => {
  const { wire, network, runtime } = networkWire(() => "here");
  const pair = await wire.pair(QUIET, QUIET, OPTIONS);
  await pair[Symbol.asyncDispose]();
  await runtime.run();
  assert.equal(network.connections.length, 0);
  const port = await network.endpoint("here").listen(() => QUIET);
  await port.stopListening();
});

test("a connect that fails makes pair reject with it, and leaves no listener behind", async () => {
  const { wire, network } = networkWire(() => "elsewhere");
  await assert.rejects(wire.pair(QUIET, QUIET, OPTIONS), { code: "ERR_WIRE_REFUSED" });
  const port = await network.endpoint("here").listen(() => QUIET);
  await port.stopListening();
});
