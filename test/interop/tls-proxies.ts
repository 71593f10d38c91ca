import { writeFileSync } from "node:fs";
import { connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { authority, forLocalhost } from "../layers/tls/authority.ts";
import { Program } from "./program.ts";
import type { ProxyPorts } from "./proxies.ts";

/** On which side somebody else's relay speaks TLS: to its clients, or to its server. */
export type TlsSide = "in front" | "behind";

/** Each answers when the proxy listens; nobody has to be there for it to connect to. */
export const TLS_PROXIES: Readonly<
  Record<string, (side: TlsSide, ports: ProxyPorts) => Promise<Program>>
> = {
  haproxy: (side, ports) => {
    const files = certificates(ports);
    const path = ports.scratch.path("haproxy.cfg");
    const front = side === "in front" ? ` ssl crt ${files.both}` : "";
    const behind = side === "behind" ? ` ssl verify required ca-file ${files.ca}` : "";
    writeFileSync(
      path,
      `defaults
  mode tcp
  timeout connect 10s
  timeout client 60s
  timeout server 60s
listen proof
  bind 127.0.0.1:${ports.listen}${front}
  server target 127.0.0.1:${ports.target}${behind}
`,
    );
    return listening(new Program("haproxy", ["-f", path, "-db", "-q"]), ports);
  },
  stunnel: (side, ports) => {
    const files = certificates(ports);
    const path = ports.scratch.path("stunnel.conf");
    const how =
      side === "in front"
        ? `cert = ${files.both}`
        : `client = yes\nCAfile = ${files.ca}\nverifyChain = yes`;
    writeFileSync(
      path,
      `foreground = yes
pid =
syslog = no
[proof]
accept = 127.0.0.1:${ports.listen}
connect = 127.0.0.1:${ports.target}
${how}
`,
    );
    return listening(new Program("stunnel4", [path]), ports);
  },
  socat: (side, ports) => listening(new Program("socat", socatWords(side, ports)), ports),
  "socat -t 30": (side, ports) =>
    listening(new Program("socat", ["-t", "30", ...socatWords(side, ports)]), ports),
};

function socatWords(side: TlsSide, ports: ProxyPorts): readonly string[] {
  const { both, ca } = certificates(ports);
  const { listen, target } = ports;
  const where = `${listen},bind=127.0.0.1,fork,reuseaddr,backlog=128`;
  return side === "in front"
    ? [`OPENSSL-LISTEN:${where},cert=${both},verify=0`, `TCP4:127.0.0.1:${target}`]
    : [`TCP4-LISTEN:${where}`, `OPENSSL:127.0.0.1:${target},cafile=${ca},commonname=localhost`];
}

function certificates({ scratch }: ProxyPorts): { readonly both: string; readonly ca: string } {
  const [both, ca] = [scratch.path("both.pem"), scratch.path("ca.pem")];
  writeFileSync(both, `${forLocalhost.cert}${forLocalhost.key}`, { mode: 0o600 });
  writeFileSync(ca, authority.cert);
  return { both, ca };
}

/** Knocks until somebody opens. */
async function listening(program: Program, { listen: port }: ProxyPorts): Promise<Program> {
  for (let attempt = 0; attempt < 400; attempt++) {
    const isOpen = await new Promise<boolean>((resolve) => {
      const knock = connect({ host: "127.0.0.1", port });
      knock.once("connect", () => resolve(true));
      knock.once("error", () => resolve(false));
      knock.once("connect", () => knock.destroy());
    });
    if (isOpen) return program;
    await sleep(25);
  }
  await program.stop("SIGKILL");
  throw new Error(`${program.name} does not listen on ${port}:\n${program.stderr}`);
}
