import assert from "node:assert/strict";
import { test } from "node:test";
import { bytes } from "./recorder.ts";
import { Scene } from "./scene.ts";

/** Follows a promise: what it came to so far. */
function follow(promise: Promise<void>): { state: string } {
  const followed = { state: "waiting" };
  promise.then(
    () => {
      followed.state = "resolved";
    },
    (error: { code?: string }) => {
      followed.state = `rejected ${error.code}`;
    },
  );
  return followed;
}

const settle = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("flushed resolves when all accepted before it was sent, not earlier", async () => {
  const scene = Scene.open();
  scene.transport.write(bytes("before"));
  const flushed = follow(scene.transport.flushed());
  scene.turns();
  scene.transport.write(bytes("after"));
  scene.flow.sent(5);
  await settle();
  assert.equal(flushed.state, "waiting");
  scene.flow.sent(1);
  await settle();
  assert.equal(flushed.state, "resolved");
});

test("flushed with nothing queued resolves, dropped bytes counting as settled", async () => {
  const scene = Scene.open();
  const empty = follow(scene.transport.flushed());
  scene.transport.loseConnection();
  scene.transport.write(bytes("dropped"));
  const dropped = follow(scene.transport.flushed());
  await settle();
  assert.deepEqual([empty.state, dropped.state], ["resolved", "resolved"]);
});

test("flushed rejects with CLOSED when the connection ends with some of it unsent", async () => {
  const endings: readonly ((scene: Scene) => void)[] = [
    (scene) => scene.transport.abortConnection(),
    (scene) => scene.flow.over({ kind: "lost", by: "peer", code: "ERR_WIRE_RESET" }),
    (scene) => scene.flow.over(),
    (scene) => scene.flow.sendingEnded(),
  ];
  for (const end of endings) {
    const scene = Scene.open();
    scene.transport.write(bytes("stuck"));
    scene.turns();
    scene.transport.write(bytes("queued"));
    const before = follow(scene.transport.flushed());
    end(scene);
    const after = follow(scene.transport.flushed());
    scene.answer();
    if (scene.reason === null) scene.flow.over();
    await settle();
    assert.deepEqual([before.state, after.state], Array(2).fill("rejected ERR_WIRE_CLOSED"));
  }
});

test("flushed after the end resolves if all was sent, rejects if not", async () => {
  const good = Scene.open();
  good.transport.write(bytes("sent"));
  good.close();
  const bad = Scene.open();
  bad.transport.write(bytes("unsent"));
  bad.transport.abortConnection();
  bad.answer();
  const states = [good, bad].map((scene) => follow(scene.transport.flushed()));
  await settle();
  assert.deepEqual(
    states.map(({ state }) => state),
    ["resolved", "rejected ERR_WIRE_CLOSED"],
  );
});

test("flushed promises settle in the order of asking, each at its own byte", async () => {
  const scene = Scene.open();
  const followed = ["one", "two", "three"].map((word) => {
    scene.transport.write(bytes(word));
    return follow(scene.transport.flushed());
  });
  scene.turns();
  for (const [sent, resolved] of [
    [2, 0],
    [1, 1],
    [3, 2],
    [5, 3],
  ] as const) {
    scene.flow.sent(sent);
    await settle();
    assert.equal(followed.filter(({ state }) => state === "resolved").length, resolved);
  }
});

test("a flushed promise that nobody looks at never becomes an unhandled rejection", async () => {
  const unhandled: unknown[] = [];
  const listen = (error: unknown): void => void unhandled.push(error);
  process.on("unhandledRejection", listen);
  const scene = Scene.open();
  scene.transport.write(bytes("lost"));
  void scene.transport.flushed();
  scene.transport.abortConnection();
  void scene.transport.flushed();
  await settle();
  await settle();
  process.off("unhandledRejection", listen);
  assert.deepEqual(unhandled, []);
});

test("bytes in flight when the wire is asked to let go may still be told as sent", () => {
  const scene = Scene.open();
  const told: string[] = [];
  scene.transport.write(bytes("in flight"));
  scene.flow.whenSent((wasSent) => void told.push(`in flight ${wasSent}`));
  scene.turns();
  scene.transport.write(bytes("queued"));
  scene.flow.whenSent((wasSent) => void told.push(`queued ${wasSent}`));
  scene.transport.abortConnection();
  assert.deepEqual(told, ["queued false"]);
  scene.flow.sent(9);
  assert.deepEqual(told, ["queued false", "in flight true"]);
  scene.flow.over();
  assert.equal(scene.ledger.sent, 9);
});

test("whenSent tells a layer at once where it is known, and at the very byte where not", () => {
  const scene = Scene.open();
  const told: boolean[] = [];
  scene.flow.whenSent((wasSent) => void told.push(wasSent));
  assert.deepEqual(told, [true]);
  scene.transport.write(bytes("abc"));
  scene.flow.whenSent((wasSent) => void told.push(wasSent));
  scene.turns();
  scene.flow.sent(2);
  assert.equal(told.length, 1);
  scene.flow.sent(1);
  assert.deepEqual(told, [true, true]);
});
