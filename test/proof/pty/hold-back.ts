import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import type { Socket } from "node:net";
import { connect } from "node:net";
import type { Address } from "../../../src/contract/index.ts";
import type { ProofReport } from "../../../tools/proof.ts";
import { Program } from "../../interop/program.ts";
import { OVERWALL } from "../../interop/relay-command.ts";

const BYTES_A_SECOND = 64 * 1024;
const TICK_MS = 100;

/** `yes` through the command, to a client that reads slowly and then interrupts it. */
export async function holdBack(report: ProofReport): Promise<void> {
  const seconds = report.full ? 60 : 3;
  const args = [OVERWALL, "serve", "--json", "--pty", "tcp://127.0.0.1:0", "--", "yes"];
  await using command = new Program(process.execPath, args);
  const at = await command.until(({ stdout }) => {
    const line = stdout.split("\n").find((one) => one.includes('"listening"'));
    return line === undefined ? undefined : (JSON.parse(line) as { readonly address: Address });
  });
  const client = connect({
    host: "127.0.0.1",
    port: (at.address as { readonly port: number }).port,
  });
  client.on("error", () => undefined);
  client.pause();
  const child = await childOf(command.pid);
  await readSlowly(client, 2);
  const [residentBefore, ticksBefore] = [residentOf(command.pid), ticksOf(child)];
  const got = await readSlowly(client, seconds);
  const grownBytes = residentOf(command.pid) - residentBefore;
  const busyMs = (ticksOf(child) - ticksBefore) * 10;
  report.count("seconds of yes, read at 64 KiB a second", seconds);
  report.fact("bytes read by the client", got);
  report.fact("growth of the command, MiB", Math.round(grownBytes / 2 ** 20));
  report.fact("processor time of yes meanwhile, ms", busyMs);
  assert.ok(got <= (seconds + 1) * BYTES_A_SECOND);
  // Its heap settles within the first seconds; what yes would print in a second is far more.
  assert.ok(grownBytes < 24 * 2 ** 20, `the command grew by ${grownBytes} bytes`);
  assert.ok(busyMs < seconds * 50, `yes ran for ${busyMs} ms`);
  const startMs = performance.now();
  client.write("\x03");
  while (isAlive(child)) await delay(1);
  const answeredMs = Math.round(performance.now() - startMs);
  report.fact("interrupted after, ms", answeredMs);
  if (report.full) assert.ok(answeredMs <= 200, `${answeredMs} ms`);
  client.destroy();
}

/** Resolves to how many bytes that were. */
async function readSlowly(client: Socket, seconds: number): Promise<number> {
  let got = 0;
  for (let tick = 0; tick < (seconds * 1000) / TICK_MS; tick++) {
    await delay(TICK_MS);
    const size = (BYTES_A_SECOND * TICK_MS) / 1000;
    const chunk = client.read(Math.min(size, client.readableLength)) as Buffer | null;
    got += chunk?.byteLength ?? 0;
  }
  return got;
}

async function childOf(pid: number): Promise<number> {
  for (;;) {
    const [child] = readFileSync(`/proc/${pid}/task/${pid}/children`, "utf8").trim().split(" ");
    if (child !== undefined && child !== "") return Number(child);
    await delay(5);
  }
}

function residentOf(pid: number): number {
  return Number(readFileSync(`/proc/${pid}/statm`, "utf8").split(" ")[1]) * 4096;
}

/** In hundredths of a second. */
function ticksOf(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return Number(fields[11]) + Number(fields[12]);
}

function isAlive(pid: number): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "utf8").includes(") Z ");
  } catch {
    return false;
  }
}

function delay(forMs: number): Promise<void> {
  return new Promise((resolve) => void setTimeout(resolve, forMs));
}
