import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { once } from "node:events";
import type { Connection as CallbackConnection } from "mysql2";
import type {
  Connection as Client,
  ConnectionOptions,
  ResultSetHeader,
  RowDataPacket,
} from "mysql2/promise";
import { createConnection, createPool } from "mysql2/promise";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { assertCut, assertDone, assertDoneOverTls } from "./endings.ts";
import { startMariadb } from "./mariadb-server.ts";
import { versionOf } from "./package-version.ts";
import { poolTrial } from "./pool-trial.ts";
import type { Server } from "./server.ts";
import { certified } from "./server.ts";
import type { Library, Setting, Trial } from "./trial.ts";
import { MIB, md5, noise } from "./trial.ts";
import type { Dialled } from "./ways.ts";

interface Connected extends Dialled {
  readonly client: Client;
}

const WHO = { user: "root", database: "test", host: "localhost" } as const;

async function connected({ road }: Setting, more: ConnectionOptions = {}): Promise<Connected> {
  const dialled = await road.dial();
  const stream = (): typeof dialled.socket => dialled.socket;
  return { client: await createConnection({ ...WHO, ...more, stream }), ...dialled };
}

/** Straight to the server, without any of ours in between. */
function besides({ server }: Setting): Promise<Client> {
  return createConnection({ ...WHO, ...(server.tcp as { host: string; port: number }) });
}

async function rowsOf(
  client: Client,
  sql: string,
  values: unknown[] = [],
): Promise<RowDataPacket[]> {
  const [rows] = await client.query<RowDataPacket[]>(sql, values);
  return rows;
}

async function assertEnds({ client, ...dialled }: Connected): Promise<void> {
  await client.end();
  await assertDone(dialled);
}

const carriesMuch: Trial = {
  name: "stores a large BLOB and reads it back, whole",
  async run(setting) {
    const one = await connected(setting);
    const { client } = one;
    const data = noise(setting.muchBytes);
    await client.query("create or replace table blobs (id int primary key, data longblob)");
    await client.execute("insert into blobs values (?, ?)", [1, data]);
    const [row] = await rowsOf(client, "select md5(data) as sum, data from blobs where id = 1");
    assert.equal(row?.["sum"], md5(data));
    assert.equal(md5(row?.["data"]), md5(data));
    await assertEnds(one);
  },
};

const compresses: Trial = {
  name: "compresses what it sends, and reads rows in their order",
  async run(setting) {
    const one = await connected(setting, { compress: true });
    const rows = await rowsOf(one.client, "select seq, repeat('x', 200) from seq_1_to_100000");
    assert.equal(rows.length, 100_000);
    assert.equal(
      rows.findIndex((row, index) => row["seq"] !== index + 1),
      -1,
    );
    await assertEnds(one);
  },
};

const keepsTransactions: Trial = {
  name: "keeps a transaction to itself until it is committed",
  async run(setting) {
    const [one, two] = [await connected(setting), await connected(setting)];
    const count = async ({ client }: Connected): Promise<unknown> =>
      (await rowsOf(client, "select count(*) as n from kept"))[0]?.["n"];
    await one.client.query("create or replace table kept (n int) engine = innodb");
    await one.client.beginTransaction();
    const [{ affectedRows }] = await one.client.execute<ResultSetHeader>(
      "insert into kept values (?), (?)",
      [1, 2],
    );
    assert.equal(affectedRows, 2);
    assert.deepEqual([await count(one), await count(two)], [2, 0]);
    await one.client.rollback();
    assert.equal(await count(one), 0);
    await one.client.beginTransaction();
    await one.client.query("insert into kept values (3)");
    await one.client.commit();
    assert.equal(await count(two), 1);
    await assertEnds(one);
    await assertEnds(two);
  },
};

const holdsTheServer: Trial = {
  name: "holds a server whose rows nobody reads",
  async run(setting) {
    const { client, near, socket } = await connected(setting);
    const admin = await besides(setting);
    const raw = Reflect.get(client, "connection") as CallbackConnection;
    const rows = raw.query("select repeat('x', 1000) as t from seq_1_to_100000").stream();
    await once(rows, "readable");
    await until(admin, "state = 'Writing to net'", client.threadId);
    const heldBytes = near.transport.ledger.received;
    assert.ok(heldBytes < 8 * MIB, `${heldBytes} bytes of 100 MB came in`);
    let seen = 0;
    for await (const _ of rows) seen += 1;
    assert.equal(seen, 100_000);
    await admin.end();
    await assertEnds({ client, near, socket });
  },
};

/** Asks until `condition` is true of the server's thread. */
async function until(admin: Client, condition: string, id: number): Promise<void> {
  const sql = `select sleep(0.02), count(*) as n from information_schema.processlist
    where id = ? and ${condition}`;
  for (let tries = 0; tries < 1000; tries++) {
    const [row] = await rowsOf(admin, sql, [id]);
    if (row?.["n"] === 1) return;
  }
  assert.fail(`it never came to ${condition}`);
}

const tellsCut: Trial = {
  name: "fails the query whose connection is cut, and says how it was",
  on: ({ cutCode }) => cutCode !== null,
  async run(setting) {
    const { client, near } = await connected(setting);
    client.on("error" as never, () => undefined);
    const admin = await besides(setting);
    const asking = client.query("select sleep(60)");
    await Promise.all([
      assertCut(asking, near, setting.way),
      until(admin, "state = 'User sleep'", client.threadId).then(() => setting.road.cut?.()),
    ]);
    await admin.query(`kill ${client.threadId}`).catch(() => undefined);
    await admin.end();
  },
};

const tellsKilled: Trial = {
  name: "fails the query whose connection the server kills",
  async run(setting) {
    const { client, near } = await connected(setting);
    client.on("error" as never, () => undefined);
    const admin = await besides(setting);
    const asking = assert.rejects(client.query("select sleep(60)"), /killed|lost|closed/i);
    await until(admin, "state = 'User sleep'", client.threadId);
    await admin.query(`kill ${client.threadId}`);
    await asking;
    const { kind, by } = await near.closed;
    assert.deepEqual([kind, by], ["done", "peer"]);
    await admin.end();
  },
};

const speaksTls: Trial = {
  name: "speaks its own TLS through the socket",
  async run(setting) {
    const { cert } = await certified;
    const one = await connected(setting, { ssl: { ca: cert, verifyIdentity: true } });
    const data = noise(setting.muchBytes);
    const [row] = await rowsOf(one.client, "select md5(?) as sum", [data]);
    assert.equal(row?.["sum"], md5(data));
    const [status] = await rowsOf(one.client, "show status like 'Ssl_cipher'");
    assert.notEqual(status?.["Value"], "");
    await one.client.end();
    await assertDoneOverTls(one);
  },
};

const pools: Trial = poolTrial((stream) => {
  const pool = createPool({ ...WHO, connectionLimit: 4, stream } as never);
  return {
    say: async (n) => (await pool.query<RowDataPacket[]>("select ? as n", [n]))[0][0]?.["n"],
    end: () => pool.end(),
  };
});

const program = "mariadbd";

/** @see https://sidorares.github.io/node-mysql2 */
export const library: Library<Server> = {
  name: "mysql2",
  version: versionOf("mysql2"),
  missing: missingPrograms([program, "mariadb-install-db"]),
  serverVersion: () => execFileSync(program, ["--version"], { encoding: "utf8" }).trim(),
  start: startMariadb,
  trials: [
    carriesMuch,
    compresses,
    keepsTransactions,
    holdsTheServer,
    tellsCut,
    tellsKilled,
    speaksTls,
    pools,
  ],
};
