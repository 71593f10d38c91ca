import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import type { RedisOptions } from "ioredis";
import { AbstractConnector, Redis } from "ioredis";
import { Connection } from "../../src/bridges/index.ts";
import type { TransportSocket } from "../../src/bridges/node-streams.ts";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import { tcp } from "../../src/wires/tcp/index.ts";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { assertDone, assertDoneOverTls, assertTellsCut, told } from "./endings.ts";
import { versionOf } from "./package-version.ts";
import type { RedisServer } from "./redis-server.ts";
import { startRedis } from "./redis-server.ts";
import { certified } from "./server.ts";
import type { Library, Trial } from "./trial.ts";
import { md5, noise } from "./trial.ts";
import type { Dialled, Road } from "./ways.ts";

interface Client {
  readonly redis: Redis;
  /** Every connection that was made, in order. */
  readonly dialled: readonly Dialled[];
}

/** The library's own way to be given sockets: a connector. */
function client({ road }: { readonly road: Road }, options: RedisOptions = {}): Client {
  const dialled: Dialled[] = [];
  class Connector extends AbstractConnector {
    constructor() {
      super(1000);
    }

    override async connect(): Promise<never> {
      this.connecting = true;
      const made = await road.dial();
      dialled.push(made);
      this.stream = made.socket as never;
      return made.socket as never;
    }
  }
  // Its types have no room for options that may be undefined.
  const all: unknown = { keepAlive: 1000, ...options, Connector };
  const redis = new Redis(all as RedisOptions & { replyMapping: never });
  return { redis, dialled };
}

async function assertQuits({ redis, dialled }: Client): Promise<void> {
  const ended = told(redis, "end");
  assert.equal(await redis.quit(), "OK");
  await ended;
  for (const each of dialled) await assertDone(each);
}

const pipelines: Trial<RedisServer> = {
  name: "pipelines ten thousand commands, and has each answer in its place",
  async run(setting) {
    const one = client(setting, { enableAutoPipelining: true });
    const { redis } = one;
    const pipeline = redis.pipeline();
    for (let n = 0; n < 10_000; n++) pipeline.set(`k${n}`, `v${n}`).get(`k${n}`);
    const answers = (await pipeline.exec()) ?? [];
    assert.equal(answers.length, 20_000);
    assert.equal(
      answers.findIndex(([error, answer], at) => {
        return error !== null || answer !== (at % 2 === 0 ? "OK" : `v${(at - 1) / 2}`);
      }),
      -1,
    );
    const together = await Promise.all(Array.from({ length: 1000 }, (_, n) => redis.get(`k${n}`)));
    assert.deepEqual(
      together,
      Array.from({ length: 1000 }, (_, n) => `v${n}`),
    );
    await assertQuits(one);
  },
};

const carriesMuch: Trial<RedisServer> = {
  name: "stores much and reads them back, whole",
  async run(setting) {
    const one = client(setting);
    const data = noise(setting.muchBytes);
    await one.redis.set("much", data);
    assert.equal(await one.redis.strlen("much"), data.length);
    const back = await one.redis.getBuffer("much");
    assert.equal(md5(back ?? Buffer.alloc(0)), md5(data));
    await assertQuits(one);
  },
};

const keepsTransactions: Trial<RedisServer> = {
  name: "keeps a transaction together, and gives up one that was overtaken",
  async run(setting) {
    const [one, two] = [client(setting), client(setting)];
    await one.redis.set("n", 1);
    const done = await one.redis.multi().incr("n").incr("n").exec();
    assert.deepEqual(done, [
      [null, 2],
      [null, 3],
    ]);
    await one.redis.watch("n");
    await two.redis.set("n", 10);
    assert.equal(await one.redis.multi().incr("n").exec(), null);
    assert.equal(await two.redis.get("n"), "10");
    await Promise.all([assertQuits(one), assertQuits(two)]);
  },
};

const hearsMessages: Trial<RedisServer> = {
  name: "hears a thousand published messages in their order",
  async run(setting) {
    const [hearer, teller] = [client(setting), client(setting)];
    const heard: string[] = [];
    await hearer.redis.subscribe("wall");
    const all = new Promise<void>((resolve) => {
      hearer.redis.on("message", (_, message) => {
        if (heard.push(message) === 1000) resolve();
      });
    });
    const telling = teller.redis.pipeline();
    for (let n = 0; n < 1000; n++) telling.publish("wall", String(n));
    await telling.exec();
    await all;
    assert.deepEqual(
      heard,
      Array.from({ length: 1000 }, (_, n) => String(n)),
    );
    await Promise.all([assertQuits(hearer), assertQuits(teller)]);
  },
};

const comesBack: Trial<RedisServer> = {
  name: "tells how its connection was cut, dials again and asks again",
  on: ({ cutCode }) => cutCode !== null,
  async run(setting) {
    const one = client(setting, { retryStrategy: () => 1 });
    const { redis, dialled } = one;
    const other = client(setting);
    await redis.del("queue");
    const popped = redis.blpop("queue", 0);
    await untilBlocked(other.redis);
    const failed = told(redis, "error");
    const back = told(redis, "ready");
    await setting.road.cut?.();
    const [error] = await failed;
    await back;
    await assertTellsCut(error, (dialled[0] as Dialled).near, setting.way);
    const pusher = client(setting);
    await pusher.redis.rpush("queue", "after all");
    assert.deepEqual(await popped, ["queue", "after all"]);
    other.redis.disconnect();
    await pusher.redis.quit();
    const ended = told(redis, "end");
    await redis.quit();
    await ended;
    await assertDone(dialled.at(-1) as Dialled);
  },
};

/** Until the server says that a client waits for it. */
async function untilBlocked(redis: Redis): Promise<void> {
  redis.on("error", () => undefined);
  for (let tries = 0; tries < 100_000; tries++) {
    if (/^blocked_clients:1\r$/m.test(await redis.info("clients"))) return;
  }
  assert.fail("the client never came to wait");
}

const timesOut: Trial<RedisServer> = {
  name: "is told by a timeout of the socket that a server has gone silent",
  async run(setting) {
    const one = client(setting, { socketTimeout: 50, retryStrategy: () => null });
    const { redis, dialled } = one;
    await redis.del("nothing");
    const failed = told(redis, "error");
    const ended = told(redis, "end");
    await assert.rejects(redis.blpop("nothing", 0), /Socket timeout|closed/);
    assert.match(String((await failed)[0]), /Socket timeout/);
    await ended;
    assert.equal((await dialled[0]?.near.closed)?.kind, "aborted");
  },
};

const tellsKilled: Trial<RedisServer> = {
  name: "is told that the server is killed while it answers",
  on: ({ endsAt }) => endsAt === "tcp",
  async run(setting) {
    const { redis, dialled } = client(setting, { retryStrategy: () => null });
    redis.on("error", () => undefined);
    await redis.del("nothing");
    const id = await redis.client("ID");
    const ended = told(redis, "end");
    const killer = client(setting);
    const waiting = assert.rejects(redis.blpop("nothing", 0), /closed/);
    await untilBlocked(killer.redis);
    assert.equal(await killer.redis.client("KILL", "ID", id), 1);
    await waiting;
    await ended;
    const { kind, by } = await (dialled[0] as Dialled).near.closed;
    assert.deepEqual([kind, by], ["done", "peer"]);
    await assertQuits(killer);
  },
};

const speaksTls: Trial<RedisServer> = {
  name: "speaks its own TLS through the socket",
  on: ({ name }) => name === "tcp",
  async run({ muchBytes, server }) {
    const { cert } = await certified;
    const near = await tcp({ port: server.tlsPort }).connect(new Connection());
    const socket: TransportSocket = toNetSocket(near);
    const redis = new Redis({
      tls: { socket: socket as never, ca: cert, servername: "localhost" },
    });
    const data = noise(muchBytes);
    await redis.set("secret", data);
    assert.equal(md5((await redis.getBuffer("secret")) ?? Buffer.alloc(0)), md5(data));
    const ended = told(redis, "end");
    await redis.quit();
    await ended;
    await assertDoneOverTls({ near });
  },
};

const program = "redis-server";

/** @see https://github.com/redis/ioredis */
export const library: Library<RedisServer> = {
  name: "ioredis",
  version: versionOf("ioredis"),
  missing: missingPrograms([program]),
  serverVersion: () => execFileSync(program, ["--version"], { encoding: "utf8" }).trim(),
  start: startRedis,
  trials: [
    pipelines,
    carriesMuch,
    keepsTransactions,
    hearsMessages,
    comesBack,
    timesOut,
    tellsKilled,
    speaksTls,
  ],
};
