import assert from "node:assert/strict";
import { describe, it } from "node:test";
import type { Bytes } from "../../src/contract/index.ts";
import type { ArrivedRider, Facts, FlowCalls, Rider, Wire } from "../../src/flow/index.ts";
import { Flow, FlowTransport } from "../../src/flow/index.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";

/** Writes down what was sent, and with whom; `take` reports it as sent. */
class CarryingWire implements Wire {
  readonly host = { kind: "memory", name: "here" } as const;
  readonly peer = { kind: "memory", name: "there" } as const;
  readonly sends: string[] = [];
  readonly facts: Facts;
  isReading = false;
  inFlight = 0;

  constructor(facts: Facts) {
    this.facts = facts;
  }

  send(chunks: readonly Bytes[], riders: readonly Rider[] = []): void {
    this.inFlight = chunks.reduce((sum, { byteLength }) => sum + byteLength, 0);
    this.sends.push(`${this.inFlight} with ${riders.map(String).join("")}`);
  }

  take(byteCount: number): void {
    this.inFlight -= byteCount;
    this.facts.sent(byteCount);
  }

  endSending(): void {
    this.sends.push("end");
  }

  pauseReading(): void {
    this.isReading = false;
  }

  resumeReading(): void {
    this.isReading = true;
  }

  close(): void {
    this.sends.push("close");
  }

  abort(): void {
    this.sends.push("abort");
  }
}

class Named implements Rider {
  readonly #name: string;
  readonly #told: string[];

  constructor(name: string, told: string[]) {
    this.#name = name;
    this.#told = told;
  }

  left(): void {
    this.#told.push(`${this.#name} left`);
  }

  stayed(): void {
    this.#told.push(`${this.#name} stayed`);
  }

  toString(): string {
    return this.#name;
  }
}

/** A flow over such a wire; everything that happens is a word in `told`. */
class Rig {
  readonly runtime = new VirtualRuntime();
  readonly told: string[] = [];
  readonly flow: Flow;
  calls!: FlowCalls;
  wire!: CarryingWire;

  constructor() {
    this.flow = new Flow((facts) => (this.wire = new CarryingWire(facts)), {
      capabilities: new Set(["abort", "halfClose"]),
      runtime: this.runtime,
      accept: () => ({
        connectionMade: () => undefined,
        dataReceived: (data) => void this.told.push(Buffer.from(data).toString()),
        connectionLost: ({ kind, code }) => void this.told.push(`lost ${kind} ${code}`),
      }),
      transport: (calls) => {
        this.calls = calls;
        return new FlowTransport(calls);
      },
    });
    this.flow.opened();
    this.runtime.advance(0);
  }

  ride(name: string): boolean {
    return this.calls.ride(new Named(name, this.told));
  }

  write(text: string): void {
    this.flow.transport.write(Buffer.from(text));
    this.runtime.advance(0);
  }

  bring(name: string): void {
    const rider: ArrivedRider = {
      deliver: () => this.told.push(`${name} delivered`),
      discard: () => void this.told.push(`${name} discarded`),
    };
    this.flow.brought(rider);
  }

  takeTold(): string[] {
    return this.told.splice(0);
  }
}

describe("riders that leave", () => {
  it("wait for a byte, and take one each", () => {
    const rig = new Rig();
    for (const name of ["a", "b", "c"]) assert.ok(rig.ride(name));
    rig.runtime.advance(0);
    assert.deepEqual(rig.wire.sends, []);
    rig.write("xy");
    assert.deepEqual(rig.wire.sends, ["2 with ab"]);
    rig.wire.take(1);
    assert.deepEqual(rig.takeTold(), ["a left"]);
    rig.write("zz");
    rig.wire.take(1);
    assert.deepEqual(rig.takeTold(), ["b left"]);
    assert.deepEqual(rig.wire.sends, ["2 with ab", "2 with c"]);
  });

  it("that no byte is left for are the reason of a close, which completes", () => {
    const rig = new Rig();
    rig.ride("a");
    rig.ride("b");
    rig.write("x");
    rig.flow.transport.loseConnection();
    rig.wire.take(1);
    rig.runtime.advance(0);
    assert.deepEqual(rig.wire.sends, ["1 with a", "end"]);
    rig.flow.sendingEnded();
    rig.flow.over();
    assert.deepEqual(rig.takeTold(), [
      "a left",
      "b stayed",
      "lost failed ERR_WIRE_DESCRIPTOR_OVERRUN",
    ]);
  });

  it("stay where the connection was cut, and none is taken after a close", () => {
    const rig = new Rig();
    rig.ride("a");
    rig.ride("b");
    rig.write("x");
    rig.flow.transport.abortConnection();
    assert.equal(rig.ride("c"), false);
    assert.deepEqual(rig.takeTold(), ["b stayed"]);
    rig.wire.facts.over();
    assert.ok(
      rig.takeTold().includes("a stayed"),
      "what is in flight may be told as sent until then",
    );
  });

  it("more than 64 pause a push producer until fewer wait, or none can leave without it", () => {
    const rig = new Rig();
    const producer = {
      pauseProducing: () => void rig.told.push("pause"),
      resumeProducing: () => void rig.told.push("resume"),
      stopProducing: () => undefined,
    };
    rig.flow.transport.registerProducer(producer, true);
    rig.write("x".repeat(70));
    for (let count = 0; count < 65; count++) rig.ride("r");
    assert.deepEqual(rig.takeTold(), ["pause"]);
    rig.runtime.advance(0);
    assert.deepEqual(rig.takeTold(), []);
    rig.wire.take(70);
    rig.runtime.advance(0);
    assert.deepEqual(rig.takeTold(), ["resume"]);
  });
});

describe("riders that arrive", () => {
  it("are delivered in their place among the bytes, however long the reader pauses", () => {
    const rig = new Rig();
    rig.flow.transport.pauseProducing();
    rig.flow.received(Buffer.from("before"));
    rig.bring("a");
    rig.flow.received(Buffer.from("after"));
    rig.bring("b");
    assert.deepEqual(rig.takeTold(), []);
    rig.flow.transport.resumeProducing();
    rig.runtime.advance(0);
    assert.deepEqual(rig.takeTold(), ["before", "a delivered", "after", "b delivered"]);
  });

  it("stop the reading when more than 64 wait", () => {
    const rig = new Rig();
    rig.flow.transport.pauseProducing();
    rig.flow.transport.resumeProducing();
    rig.runtime.advance(0);
    assert.equal(rig.wire.isReading, true);
    rig.flow.transport.pauseProducing();
    for (let count = 0; count < 65; count++) rig.bring("r");
    assert.equal(rig.wire.isReading, false);
    rig.flow.transport.resumeProducing();
    rig.runtime.advance(0);
    assert.equal(rig.wire.isReading, true);
    assert.equal(rig.takeTold().length, 65);
  });

  it("are discarded when nobody will read them", () => {
    for (const leave of ["loseConnection", "abortConnection"] as const) {
      const rig = new Rig();
      rig.flow.transport.pauseProducing();
      rig.bring("a");
      rig.flow.transport[leave]();
      rig.bring("b");
      assert.deepEqual(rig.takeTold(), ["a discarded", "b discarded"]);
    }
  });
});
