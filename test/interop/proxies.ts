import { once } from "node:events";
import { writeFileSync } from "node:fs";
import { connect, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { Program } from "./program.ts";
import type { Scratch } from "./scratch.ts";
import { listen } from "./socket-address.ts";

/** Somebody else's TCP relay, on ports that are given. */
export interface ProxyPorts {
  readonly listen: number;
  readonly target: number;
  readonly scratch: Scratch;
}

/** Each answers when the proxy listens. */
export const PROXIES: Readonly<Record<string, (ports: ProxyPorts) => Promise<Program>>> = {
  "naive pipe": (ports) => {
    const script = fileURLToPath(new URL("../controls/naive-pipe.js", import.meta.url));
    const ends = [ports.listen, ports.target].map((port) =>
      JSON.stringify({ host: "127.0.0.1", port }),
    );
    return working(new Program(process.execPath, [script, ...ends]), ports);
  },
  socat: (ports) => {
    const from = `TCP4-LISTEN:${ports.listen},bind=127.0.0.1,fork,reuseaddr,backlog=128`;
    return working(new Program("socat", [from, `TCP4:127.0.0.1:${ports.target}`]), ports);
  },
  haproxy: (ports) => {
    const path = ports.scratch.path("haproxy.cfg");
    writeFileSync(path, haproxyConfig(ports));
    return working(new Program("haproxy", ["-f", path, "-db", "-q"]), ports);
  },
};

function haproxyConfig({ listen: port, target }: ProxyPorts): string {
  return `defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
listen proof
  bind 127.0.0.1:${port}
  server target 127.0.0.1:${target}
`;
}

/** Knocks until a knock comes through: then nothing of it is left on the way. */
async function working(program: Program, { listen: port, target }: ProxyPorts): Promise<Program> {
  const server = createServer((socket) => socket.destroy());
  await listen(server, { host: "127.0.0.1", port: target });
  const through = once(server, "connection").then(() => true);
  for (let attempt = 0; attempt < 400; attempt++) {
    const knock = connect({ host: "127.0.0.1", port });
    knock.on("error", () => {});
    const isThrough = await Promise.race([through, sleep(25, false)]);
    knock.destroy();
    if (!isThrough) continue;
    await new Promise((resolve) => server.close(resolve));
    return program;
  }
  server.close();
  await program.stop("SIGKILL");
  throw new Error(`${program.name} does not listen on ${port}:\n${program.stderr}`);
}
