import { join } from "node:path";
import { Program } from "../interop/program.ts";
import type { Scratch } from "../interop/scratch.ts";
import { freePort } from "../interop/socket-address.ts";
import type { Server } from "./server.ts";
import { certificateIn, folderFor, nobody } from "./server.ts";

/** Redis, with nothing in it; it speaks TLS at `tlsPort`. */
export interface RedisServer extends Server {
  readonly tlsPort: number;
}

export async function startRedis(scratch: Scratch): Promise<RedisServer> {
  const folder = folderFor(scratch, "redis");
  const path = join(folder, "redis.sock");
  const port = await freePort();
  const tlsPort = await freePort();
  const { cert, key } = await certificateIn(folder);
  const settings = {
    bind: "127.0.0.1",
    port,
    unixsocket: path,
    "tls-port": tlsPort,
    "tls-cert-file": cert,
    "tls-key-file": key,
    "tls-ca-cert-file": cert,
    "tls-auth-clients": "no",
    dir: folder,
    save: "",
    daemonize: "no",
  };
  const args = Object.entries(settings).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const as = nobody === undefined ? {} : { as: nobody };
  const server = new Program("redis-server", args, { cwd: folder, ...as });
  await server.until(
    ({ stdout }) => /eady to accept connections unix|now ready.*\.sock/.test(stdout) || undefined,
  );
  return {
    tcp: { host: "127.0.0.1", port },
    unix: { path },
    tlsPort,
    [Symbol.asyncDispose]: async () => void (await server.stop()),
  };
}
