import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Bytes, CloseReason, Protocol, Transport } from "../../src/contract/index.ts";
import { LimitError } from "../../src/contract/index.ts";
import type { FrameCodec } from "../../src/framing/index.ts";
import { FramedProtocol, lineCodec } from "../../src/framing/index.ts";
import { loopback, VirtualRuntime } from "../../src/memory/index.ts";
import { bytes, text } from "./splits.ts";

/** Writes down all it is told, and does what a test wants when it is told a certain thing. */
class Scribe extends FramedProtocol {
  readonly told: string[] = [];
  readonly on = new Map<string, (data: Bytes) => void>();
  reason: CloseReason | null = null;
  pendingAtEnd = 0;
  failures: Error[] = [];
  takesFailures = false;

  protected override frameReceived(frame: Bytes): void {
    this.#tell(text(frame), frame);
  }

  protected override rawDataReceived(data: Bytes): void {
    this.#tell(`raw ${text(data)}`, data);
  }

  protected override framingFailed(error: LimitError): void {
    this.failures.push(error);
    this.on.get("failed")?.(bytes(""));
    if (!this.takesFailures) super.framingFailed(error);
  }

  override connectionLost(reason: CloseReason): void {
    super.connectionLost(reason);
    this.reason = reason;
    this.pendingAtEnd = this.pendingBytes;
  }

  #tell(what: string, data: Bytes): void {
    this.told.push(what);
    this.on.get(what)?.(data);
  }
}

/** The other end: keeps what it gets. */
class Sink implements Protocol {
  got = "";
  reason: CloseReason | null = null;
  transport: Transport | null = null;
  connectionMade(transport: Transport): void {
    this.transport = transport;
  }
  dataReceived(data: Bytes): void {
    this.got += text(data);
  }
  connectionLost(reason: CloseReason): void {
    this.reason = reason;
  }
}

interface Scene {
  readonly runtime: VirtualRuntime;
  readonly scribe: Scribe;
  readonly peer: Sink;
  /** The peer sends, and all that follows happens. */
  readonly send: (sent: string) => void;
}

function scene(codec: FrameCodec = lineCodec()): Scene {
  const runtime = new VirtualRuntime();
  const scribe = new Scribe(codec, { runtime });
  const peer = new Sink();
  const { left } = loopback(peer, scribe, { runtime, onError: () => assert.fail("onError") });
  runtime.advance(0);
  const send = (sent: string): void => {
    left.write(bytes(sent));
    runtime.advance(0);
  };
  return { runtime, scribe, peer, send };
}

describe("a framed protocol", () => {
  test("is told each frame once, and sends frames", () => {
    const { scribe, peer, runtime, send } = scene();
    scribe.on.set("two", () => scribe.sendFrame(bytes("answer")));
    send("one\ntwo\nthr");
    send("ee\n");
    runtime.advance(0);
    assert.deepEqual(scribe.told, ["one", "two", "three"]);
    assert.equal(peer.got, "answer\n");
  });

  test("paused inside a frame, is told no further frame of the same chunk until resumed", () => {
    const { scribe, runtime, send } = scene();
    scribe.on.set("one", () => scribe.pauseProducing());
    send("one\ntwo\nthree\n");
    send("four\n");
    assert.deepEqual(scribe.told, ["one"]);
    scribe.resumeProducing();
    assert.deepEqual(scribe.told, ["one"], "nothing is told inside resumeProducing");
    runtime.advance(0);
    assert.deepEqual(scribe.told, ["one", "two", "three", "four"]);
  });

  test("paused and resumed inside one frame goes on as if nothing had been", () => {
    const { scribe, send } = scene();
    scribe.on.set("one", () => {
      scribe.pauseProducing();
      scribe.resumeProducing();
    });
    send("one\ntwo\n");
    send("three\n");
    assert.deepEqual(scribe.told, ["one", "two", "three"]);
  });

  test("paused again while the rest is told, stops there again and loses nothing", () => {
    const { scribe, runtime, send } = scene();
    for (const frame of ["a", "b", "c"]) scribe.on.set(frame, () => scribe.pauseProducing());
    send("a\nb\nc\nd\n");
    for (const expected of [["a"], ["a", "b"], ["a", "b", "c"], ["a", "b", "c", "d"]]) {
      assert.deepEqual(scribe.told, expected);
      scribe.resumeProducing();
      runtime.advance(0);
    }
  });

  test("switched to raw inside a frame, gets every byte behind it, then bytes as they come", () => {
    const { scribe, send } = scene();
    scribe.on.set("DATA", () => scribe.setRawMode());
    send("hello\nDATA\nab\ncd");
    send("ef");
    assert.deepEqual(scribe.told, ["hello", "DATA", "raw ab\ncd", "raw ef"]);
  });

  test("switched back with what it did not use, gets that as frames, first", () => {
    const { scribe, send } = scene();
    scribe.on.set("DATA", () => scribe.setRawMode());
    scribe.on.set("raw 12345next\nDATA\nx", (data) => scribe.setFrameMode(data.subarray(5)));
    send("DATA\n12345next\nDATA\nx");
    assert.deepEqual(scribe.told, ["DATA", "raw 12345next\nDATA\nx", "next", "DATA", "raw x"]);
  });

  test("switched back when paused, goes on with the unused bytes once resumed", () => {
    const { scribe, runtime, send } = scene();
    scribe.setRawMode();
    scribe.on.set("raw 12three\n", () => scribe.pauseProducing());
    send("12three\n");
    scribe.setFrameMode(bytes("three\n"));
    send("four\n");
    assert.deepEqual(scribe.told, ["raw 12three\n"]);
    scribe.resumeProducing();
    runtime.advance(0);
    assert.deepEqual(scribe.told, ["raw 12three\n", "three", "four"]);
  });

  test("gives its connection away with every byte it was not told, and hears no more", () => {
    const { scribe, peer, runtime, send } = scene();
    const next = new Sink();
    scribe.on.set("STARTTLS", () => scribe.switchProtocol(next));
    send("EHLO\nSTARTTLS\nnot a line");
    send(" and more");
    assert.deepEqual(scribe.told, ["EHLO", "STARTTLS"]);
    assert.equal(next.got, "not a line and more");
    assert.equal(peer.reason, null);
    runtime.advance(0);
    assert.equal(scribe.reason, null);
  });

  test("gives its connection away with bytes it was told and did not use first", () => {
    const { scribe, send } = scene();
    const next = new Sink();
    scribe.on.set("PROXY x", (frame) => scribe.switchProtocol(next, frame.subarray(6)));
    send("PROXY x\nrest\n");
    assert.equal(next.got, "xrest\n");
  });

  test("that closes inside a frame is told no further frame, and the peer gets the answer", () => {
    const { scribe, peer, runtime, send } = scene();
    scribe.on.set("QUIT", () => {
      scribe.sendFrame(bytes("bye"));
      scribe.loseConnection();
    });
    send("QUIT\nDELETE everything\n");
    runtime.advance(20_000);
    assert.deepEqual(scribe.told, ["QUIT"]);
    assert.equal(peer.got, "bye\n");
    assert.equal(scribe.reason?.kind, "done");
  });

  test("that aborts inside a frame is told no further frame", () => {
    const { scribe, peer, send } = scene();
    scribe.on.set("one", () => scribe.abortConnection());
    send("one\ntwo\n");
    assert.deepEqual(scribe.told, ["one"]);
    assert.equal(scribe.reason?.kind, "aborted");
    assert.equal(peer.reason?.code, "ERR_WIRE_RESET");
  });

  test("that is sent too long a frame ends with that error, after the frames before it", () => {
    const { scribe, send } = scene(lineCodec({ lengthMax: 8 }));
    send("short\n123456789\nmore\n");
    assert.deepEqual(scribe.told, ["short"]);
    assert.equal(scribe.reason?.kind, "failed");
    assert.ok(scribe.reason?.error instanceof LimitError);
  });

  test("that takes the failure itself may answer and close, and is told nothing more", () => {
    const { scribe, peer, runtime, send } = scene(lineCodec({ lengthMax: 8 }));
    scribe.takesFailures = true;
    scribe.on.set("failed", () => {
      scribe.sendFrame(bytes("500 too long"));
      scribe.loseConnection();
    });
    send("123456789\nmore\n");
    send("still\n");
    runtime.advance(20_000);
    assert.deepEqual(scribe.told, []);
    assert.equal(scribe.failures.length, 1);
    assert.equal(peer.got, "500 too long\n");
    assert.equal(scribe.reason?.kind, "done");
  });

  test("that takes the failure and does nothing hears nothing more, and stays connected", () => {
    const { scribe, peer, send } = scene(lineCodec({ lengthMax: 8 }));
    scribe.takesFailures = true;
    send("short\n123456789\nmore\n");
    send("still\n");
    assert.deepEqual(scribe.told, ["short"]);
    scribe.sendFrame(bytes("sorry"));
    send("x\n");
    assert.equal(peer.got, "sorry\n");
    assert.equal(scribe.reason, null);
  });

  test("that takes the failure by switching to raw gets the bytes at fault", () => {
    const { scribe, send } = scene(lineCodec({ lengthMax: 4 }));
    scribe.takesFailures = true;
    scribe.on.set("failed", () => scribe.setRawMode());
    send("ok\n12345\nmore");
    send("!");
    assert.deepEqual(scribe.told, ["ok", "raw 12345\nmore", "raw !"]);
  });

  test("that throws in a frame told after a pause ends with that error", async () => {
    const { scribe, runtime, send } = scene();
    scribe.on.set("one", () => scribe.pauseProducing());
    scribe.on.set("two", () => {
      throw new Error("cannot");
    });
    send("one\ntwo\nthree\n");
    scribe.resumeProducing();
    send("four\n");
    await runtime.run(() => scribe.reason !== null);
    assert.deepEqual(scribe.told, ["one", "two"]);
    assert.equal(scribe.reason?.code, "ERR_WIRE_PROTOCOL_THREW");
    assert.equal(scribe.reason?.error?.message, "cannot");
  });

  test("can tell at the end that the peer ended in the middle of a frame", () => {
    const { scribe, runtime, peer, send } = scene();
    send("whole\npart");
    peer.transport?.loseConnection();
    runtime.advance(0);
    assert.equal(scribe.reason?.kind, "done");
    assert.equal(scribe.pendingAtEnd, 4);
  });

  test("that was not told of a connection says so when it is used", () => {
    const scribe = new Scribe(lineCodec());
    assert.throws(() => scribe.sendFrame(bytes("x")), /connectionMade has not run/);
  });
});
