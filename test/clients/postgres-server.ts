import assert from "node:assert/strict";
import { join } from "node:path";
import { Program, runToEnd } from "../interop/program.ts";
import type { Scratch } from "../interop/scratch.ts";
import { freePort } from "../interop/socket-address.ts";
import type { Server } from "./server.ts";
import { certificateIn, folderFor, nobody, postgresProgram } from "./server.ts";

/** PostgreSQL with an empty database `postgres` of the user `postgres`, who needs no password. */
export async function startPostgres(scratch: Scratch): Promise<Server> {
  const folder = folderFor(scratch, "postgres");
  const data = join(folder, "data");
  const as = nobody === undefined ? {} : { as: nobody };
  const how = ["-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync"];
  const initdb = await runToEnd(postgresProgram("initdb"), ["-D", data, ...how], {
    cwd: folder,
    ...as,
  });
  assert.equal(initdb.status, 0, initdb.stderr);
  const port = await freePort();
  const { cert, key } = await certificateIn(folder);
  const settings = {
    listen_addresses: "127.0.0.1",
    unix_socket_directories: folder,
    ssl: "on",
    ssl_cert_file: cert,
    ssl_key_file: key,
    fsync: "off",
    log_min_messages: "log",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  const server = new Program(
    postgresProgram("postgres"),
    ["-D", data, "-p", String(port), ...args],
    { cwd: folder, ...as },
  );
  await server.until(({ stderr }) => stderr.includes("ready to accept connections") || undefined);
  return {
    tcp: { host: "127.0.0.1", port },
    unix: { path: join(folder, `.s.PGSQL.${port}`) },
    // Its backends go with it, and what it shares with them is freed.
    [Symbol.asyncDispose]: async () => void (await server.stop("SIGQUIT")),
  };
}
