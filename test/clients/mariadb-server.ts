import assert from "node:assert/strict";
import { join } from "node:path";
import { Program, runToEnd } from "../interop/program.ts";
import type { Scratch } from "../interop/scratch.ts";
import { freePort } from "../interop/socket-address.ts";
import type { Server } from "./server.ts";
import { certificateIn, folderFor, nobody } from "./server.ts";

/** MariaDB with an empty database `test`; `root` needs no password and may do everything. */
export async function startMariadb(scratch: Scratch): Promise<Server> {
  const folder = folderFor(scratch, "mariadb");
  const data = join(folder, "data");
  const as = nobody === undefined ? {} : { as: nobody };
  const how = ["--no-defaults", `--datadir=${data}`, "--auth-root-authentication-method=normal"];
  const installed = await runToEnd(
    "mariadb-install-db",
    [...how, "--skip-name-resolve", `--tmpdir=${folder}`],
    { cwd: folder, ...as },
  );
  assert.equal(installed.status, 0, installed.stdout + installed.stderr);
  const path = join(folder, "m.sock");
  const port = await freePort();
  const { cert, key } = await certificateIn(folder);
  const settings = {
    datadir: data,
    tmpdir: folder,
    "bind-address": "127.0.0.1",
    port,
    socket: path,
    "pid-file": join(folder, "m.pid"),
    "ssl-cert": cert,
    "ssl-key": key,
    "max-allowed-packet": "64M",
    "innodb-buffer-pool-size": "16M",
    "innodb-log-file-size": "64M",
    "innodb-flush-log-at-trx-commit": "0",
  };
  const args = Object.entries(settings).map(([name, value]) => `--${name}=${value}`);
  const server = new Program("mariadbd", ["--no-defaults", ...args], { cwd: folder, ...as });
  await server.until(({ stderr }) => stderr.includes("ready for connections") || undefined);
  return {
    tcp: { host: "127.0.0.1", port },
    unix: { path },
    [Symbol.asyncDispose]: async () => void (await server.stop()),
  };
}
