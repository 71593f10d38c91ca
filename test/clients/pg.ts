import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import { isAbsolute } from "node:path";
import pg from "pg";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { assertCut, assertDone, assertDoneOverTls } from "./endings.ts";
import { versionOf } from "./package-version.ts";
import { poolTrial } from "./pool-trial.ts";
import { startPostgres } from "./postgres-server.ts";
import type { Server } from "./server.ts";
import { certified, postgresProgram } from "./server.ts";
import type { Library, Setting, Trial } from "./trial.ts";
import { MIB, md5, noise } from "./trial.ts";
import type { Dialled } from "./ways.ts";

interface Connected extends Dialled {
  readonly client: pg.Client;
}

async function connected({ road }: Setting, config: pg.ClientConfig = {}): Promise<Connected> {
  const dialled = await road.dial();
  const client = new pg.Client({ ...WHO, ...config, stream: () => dialled.socket });
  await client.connect();
  return { client, ...dialled };
}

const WHO = { user: "postgres", database: "postgres", host: "localhost" } as const;

/** Straight to the server, without any of ours in between. */
async function besides({ server }: Setting): Promise<pg.Client> {
  const { port } = server.tcp as { readonly port: number };
  const client = new pg.Client({ ...WHO, host: "127.0.0.1", port });
  await client.connect();
  return client;
}

const carriesMuch: Trial = {
  name: "sends much and reads them back, whole",
  async run(setting) {
    const { client, ...dialled } = await connected(setting);
    const data = noise(setting.muchBytes);
    const asked = "select md5($1::bytea) as sum, $1::bytea as data";
    const { rows } = await client.query<{ sum: string; data: Buffer }>(asked, [data]);
    assert.equal(rows[0]?.sum, md5(data));
    assert.equal(md5(rows[0]?.data ?? Buffer.alloc(0)), md5(data));
    await client.end();
    await assertDone(dialled);
  },
};

const keepsRows: Trial = {
  name: "reads a hundred thousand rows in their order",
  async run(setting) {
    const { client, ...dialled } = await connected(setting);
    const { rows } = await client.query<{ i: number }>(
      "select i, repeat('x', 200) as t from generate_series(1, 100000) as i",
    );
    assert.equal(rows.length, 100_000);
    assert.equal(
      rows.findIndex(({ i }, index) => i !== index + 1),
      -1,
    );
    await client.end();
    await assertDone(dialled);
  },
};

const keepsTransactions: Trial = {
  name: "keeps a transaction to itself until it is committed",
  async run(setting) {
    const one = await connected(setting);
    const two = await connected(setting);
    const count = async ({ client }: Connected): Promise<number> =>
      (await client.query<{ n: number }>("select count(*)::int as n from kept")).rows[0]?.n ?? -1;
    await one.client.query("drop table if exists kept; create table kept (n int)");
    await one.client.query("begin");
    await one.client.query("insert into kept values ($1), ($2)", [1, 2]);
    assert.deepEqual([await count(one), await count(two)], [2, 0]);
    await one.client.query("rollback");
    assert.equal(await count(one), 0);
    await one.client.query("begin");
    await one.client.query("insert into kept values (3)");
    await one.client.query("commit");
    assert.equal(await count(two), 1);
    await Promise.all([one.client.end(), two.client.end()]);
    await Promise.all([assertDone(one), assertDone(two)]);
  },
};

const hearsNotices: Trial = {
  name: "hears what the server says unasked",
  async run(setting) {
    const { client, ...dialled } = await connected(setting, { keepAlive: true });
    const teller = await besides(setting);
    const heard: string[] = [];
    const all = new Promise<void>((resolve) => {
      client.on("notification", ({ payload = "" }) => {
        if (heard.push(payload) === 100) resolve();
      });
    });
    await client.query("listen wall");
    for (let n = 0; n < 100; n++) await teller.query("select pg_notify('wall', $1)", [String(n)]);
    await all;
    assert.deepEqual(
      heard,
      Array.from({ length: 100 }, (_, n) => String(n)),
    );
    await Promise.all([client.end(), teller.end()]);
    await assertDone(dialled);
  },
};

const holdsTheServer: Trial = {
  name: "holds a server whose rows nobody reads",
  async run(setting) {
    const { client, near, socket } = await connected(setting);
    const admin = await besides(setting);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const many = new pg.Query("select repeat('x', 1000) as t from generate_series(1, 100000)");
    let seen = 0;
    many.on("row", () => {
      seen += 1;
      if (seen === 1) socket.pause();
    });
    client.query(many);
    await once(many, "row");
    await until(admin, "wait_event = 'ClientWrite'", rows[0]?.pid);
    const heldBytes = near.transport.ledger.received;
    assert.ok(heldBytes < 8 * MIB, `${heldBytes} bytes of 100 MB came in`);
    socket.resume();
    await once(many, "end");
    assert.equal(seen, 100_000);
    await Promise.all([client.end(), admin.end()]);
    await assertDone({ near, socket });
  },
};

/** Asks until `condition` is true of the server's process. */
async function until(admin: pg.Client, condition: string, pid: unknown): Promise<void> {
  const asked = `select pg_sleep(0.02), coalesce(bool_or(${condition}), false) as is_so
    from pg_stat_activity where pid = $1`;
  for (let tries = 0; tries < 1000; tries++) {
    const { rows } = await admin.query<{ is_so: boolean }>(asked, [pid]);
    if (rows[0]?.is_so === true) return;
  }
  assert.fail(`it never came to ${condition}`);
}

const tellsCut: Trial = {
  name: "fails the query whose connection is cut, and says how it was",
  on: ({ cutCode }) => cutCode !== null,
  async run(setting) {
    const { client, near } = await connected(setting);
    client.on("error", () => undefined);
    const admin = await besides(setting);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const asking = client.query("select pg_sleep(60)");
    await Promise.all([
      assertCut(asking, near, setting.way),
      until(admin, "wait_event = 'PgSleep'", rows[0]?.pid).then(() => setting.road.cut?.()),
    ]);
    await admin.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await admin.end();
  },
};

const tellsDismissal: Trial = {
  name: "fails the query that the server ends, in the server's words",
  async run(setting) {
    const { client, near } = await connected(setting);
    client.on("error", () => undefined);
    const admin = await besides(setting);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const asking = assert.rejects(client.query("select pg_sleep(60)"), { code: "57P01" });
    await until(admin, "wait_event = 'PgSleep'", rows[0]?.pid);
    await admin.query("select pg_terminate_backend($1)", [rows[0]?.pid]);
    await asking;
    const { kind, by } = await near.closed;
    assert.deepEqual([kind, by], ["done", "peer"]);
    await admin.end();
  },
};

const tellsKilled: Trial = {
  name: "fails the query of a server that is killed, and connects again when it is back",
  async run(setting) {
    const { client, near } = await connected(setting);
    client.on("error", () => undefined);
    const { rows } = await client.query<{ pid: number }>("select pg_backend_pid() as pid");
    const asking = assert.rejects(client.query("select pg_sleep(60)"), /terminated|ECONNRESET/);
    process.kill(rows[0]?.pid ?? process.pid, "SIGKILL");
    await asking;
    await near.closed;
    for (let tries = 0; ; tries++) {
      try {
        await (await connected(setting)).client.end();
        return;
      } catch (error) {
        if (tries === 1000) throw error;
      }
    }
  },
};

const speaksTls: Trial = {
  name: "speaks its own TLS through the socket",
  // PostgreSQL has no TLS on a UNIX socket.
  on: ({ endsAt }) => endsAt === "tcp",
  async run(setting) {
    const { cert } = await certified;
    const ssl = { ca: cert, servername: "localhost" };
    const { client, near } = await connected(setting, { ssl });
    const data = noise(setting.muchBytes);
    const { rows } = await client.query<{ ssl: boolean; sum: string }>(
      "select ssl, md5($1::bytea) as sum from pg_stat_ssl where pid = pg_backend_pid()",
      [data],
    );
    assert.deepEqual(rows, [{ ssl: true, sum: md5(data) }]);
    await client.end();
    await assertDoneOverTls({ near });
  },
};

const pools: Trial = poolTrial((stream) => {
  const pool = new pg.Pool({ ...WHO, max: 4, stream, allowExitOnIdle: true });
  return {
    say: async (n) => (await pool.query<{ n: number }>("select $1::int as n", [n])).rows[0]?.n,
    end: () => pool.end(),
  };
});

const programs = ["initdb", "postgres"].map(postgresProgram);

/** @see https://node-postgres.com */
export const library: Library<Server> = {
  name: "pg",
  version: versionOf("pg"),
  missing: missingPrograms(programs.filter((program) => !isAbsolute(program))),
  serverVersion: () => execFileSync(programs[1] ?? "", ["--version"], { encoding: "utf8" }).trim(),
  start: startPostgres,
  trials: [
    carriesMuch,
    keepsRows,
    keepsTransactions,
    hearsNotices,
    holdsTheServer,
    tellsCut,
    tellsDismissal,
    speaksTls,
    pools,
    tellsKilled,
  ],
};
