import assert from "node:assert/strict";
import type {
  Capability,
  CloseReason,
  ErrorContext,
  Ledger,
  Limits,
  Observer,
} from "../../src/contract/index.ts";
import { resolveLimits } from "../../src/contract/index.ts";
import type { FlowOptions, FlowTransport } from "../../src/flow/index.ts";
import { Flow } from "../../src/flow/index.ts";
import { VirtualRuntime } from "../../src/memory/index.ts";
import type { Role } from "./recorder.ts";
import { Recorder, summary } from "./recorder.ts";
import { ScriptedWire } from "./scripted-wire.ts";

export const ALL_CAPABILITIES: readonly Capability[] = [
  "abort",
  "abortVisible",
  "halfClose",
  "linger",
  "backPressure",
];

export interface SceneOptions {
  readonly role?: Role;
  readonly limits?: Partial<Limits>;
  readonly capabilities?: readonly Capability[];
  readonly observer?: Observer;
  readonly runtime?: VirtualRuntime;
  readonly flow?: Partial<FlowOptions>;
  /** Default: a plain ScriptedWire. */
  readonly make?: typeof ScriptedWire;
}

/** One flow between a recorder and a scripted wire, in time that stands still. */
export class Scene {
  readonly runtime: VirtualRuntime;
  readonly near: Recorder;
  readonly flow: Flow;
  readonly errors: { readonly error: unknown; readonly context: ErrorContext }[] = [];
  /** What `begun` was told. */
  readonly begun: unknown[] = [];
  /** What `ended` was told. */
  readonly ended: CloseReason[] = [];
  wire!: ScriptedWire;

  constructor(options: SceneOptions = {}) {
    this.runtime = options.runtime ?? new VirtualRuntime();
    this.near = new Recorder(options.role);
    const makeWire = (facts: Flow): ScriptedWire => {
      this.wire = new (options.make ?? ScriptedWire)(facts);
      return this.wire;
    };
    this.flow = new Flow((facts) => makeWire(facts as Flow), {
      capabilities: new Set(options.capabilities ?? ALL_CAPABILITIES),
      accept: () => this.near.protocol,
      limits: resolveLimits(options.limits),
      runtime: this.runtime,
      onError: (error, context) => void this.errors.push({ error, context }),
      begun: (error) => void this.begun.push(error),
      ended: (reason) => void this.ended.push(reason),
      ...(options.observer === undefined ? {} : { observer: options.observer }),
      ...options.flow,
    });
  }

  /** A connection that has opened, a turn ago. */
  static open(options: SceneOptions = {}): Scene {
    const scene = new Scene(options);
    scene.flow.opened();
    scene.turns();
    return scene;
  }

  get transport(): FlowTransport {
    return this.flow.transport;
  }

  get calls(): readonly string[] {
    return this.near.calls;
  }

  get ledger(): Ledger {
    return this.transport.ledger;
  }

  /** How it ended, `timeout/us/IDLE`; null while it lives. */
  get reason(): string | null {
    const reason = this.ended[0];
    return reason === undefined ? null : summary(reason);
  }

  /** Whether it has neither ended nor been asked to. */
  get isAlive(): boolean {
    return this.reason === null && this.wire.count("close") + this.wire.count("abort") === 0;
  }

  /** Lets all turns pass that are due now. */
  turns(): void {
    this.advance(0);
  }

  advance(durationMs: number): void {
    this.runtime.advance(durationMs);
    assertBalanced(this.ledger);
  }

  /** The wire answers everything it was asked, in order, until nothing more is asked. */
  answer(): void {
    for (let isAsked = true; isAsked; ) {
      this.turns();
      const verbs = this.wire.takeVerbs();
      for (const verb of verbs) this.#answerOne(verb);
      isAsked = verbs.length > 0;
    }
  }

  /** The connection ends in order, begun by the protocol. */
  close(): void {
    this.transport.loseConnection();
    this.answer();
    this.flow.peerEnded();
    this.answer();
  }

  #answerOne(verb: string): void {
    if (verb.startsWith("send ")) this.flow.sent(Number(verb.slice(5)));
    else if (verb === "endSending") this.flow.sendingEnded();
    else if (this.reason === null) this.flow.over();
  }
}

/** Clause 8: no byte is counted twice, none is missing, in any moment. */
export function assertBalanced(ledger: Ledger): void {
  const { accepted, sent, unsent, dropped, received, delivered, undelivered, inFlight } = ledger;
  const written = { sum: sent + unsent + dropped, ledger };
  const read = { sum: delivered + undelivered, ledger };
  assert.deepEqual(written, { sum: accepted, ledger }, "accepted = sent + unsent + dropped");
  assert.deepEqual(read, { sum: received, ledger }, "received = delivered + undelivered");
  assert.ok(inFlight >= 0 && inFlight <= unsent, `inFlight is a part of unsent: ${inFlight}`);
  for (const [name, count] of Object.entries(ledger)) {
    assert.ok(Number.isInteger(count) && count >= 0, `${name} is ${String(count)}`);
  }
}
