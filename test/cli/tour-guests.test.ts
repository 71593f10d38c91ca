import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { connect } from "node:net";
import { test } from "node:test";
import { missingPrograms } from "../../tools/missing-programs.ts";
import { Program } from "../interop/program.ts";
import { Programs } from "../interop/programs.ts";
import { TourRun } from "./tour-run.ts";

const missing = missingPrograms(["nc", "openssl"]);
const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;

test("nc, openssl and nc -U, pasted as shown, hear each other and are heard", {
  skip,
}, async () => {
  await using run = new TourRun(["tcp", "tls", "unix", "tls+unix"], "--hold");
  const rows = await run.rows();
  await using programs = new Programs();
  const guests = rows.map(({ commands: [command = ""] }) =>
    programs.use(new Program("sh", ["-c", `exec ${command}`], { input: "open" })),
  );
  for (const guest of guests)
    await guest.until(({ stdout }) => /you are guest/.test(stdout) || undefined);
  for (const [index, guest] of guests.entries()) guest.write(`hello from ${rows[index]?.wire}\n`);
  for (const [index, guest] of guests.entries()) {
    for (const { wire } of rows) {
      if (wire === rows[index]?.wire) continue;
      const line = `@${wire}: hello from ${wire}`;
      await guest.until(({ stdout }) => stdout.includes(line) || undefined);
    }
  }
  for (const { wire } of rows)
    await run.saw(new RegExp(`heardGuest.*hello from ${escaped(wire)}"`), "stdout");
  await run.held();
  run.child.kill("SIGINT");
  const { code } = await run.ended;
  assert.equal(code, 0, "to join breaks no check");
});

test("endless lines, a deaf guest, junk and a flood break no check, and are cut or slowed", async () => {
  await using run = new TourRun(["tcp", "unix", "loopback"], "--hold");
  const rows = await run.rows();
  const path = rows.find(({ wire }) => wire === "unix")?.address.replace("unix://", "") ?? "";
  const port = Number(rows[0]?.address.split(":").at(-1));
  const guests = ["deaf", "endless", "junk", "flood", "loud"].map((what) =>
    (what === "junk" ? connect(port, "127.0.0.1") : connect(path)).on("error", () => {}),
  );
  const [deaf, endless, junk, flood, loud] = guests as [Socket, Socket, Socket, Socket, Socket];
  deaf.pause();
  for (const one of [endless, junk, flood, loud]) one.resume();
  endless.write("x".repeat(200_000));
  junk.write(Uint8Array.from({ length: 100_000 }, (_, at) => (at * at + (at >> 3)) % 256));
  flood.write("a line\n".repeat(200_000));
  const line = `${"y".repeat(60_000)}\n`;
  const talk = (): void => {
    while (!loud.destroyed && loud.write(line));
  };
  loud.on("drain", talk);
  talk();
  await run.saw(/"guestLeft"[^\n]*"cut":"[^"]*Cannot cut a frame/, "stdout");
  await run.saw(/"guestLeft"[^\n]*"cut":"[^"]*Cannot queue more bytes/, "stdout");
  await run.held();
  run.child.kill("SIGINT");
  const { code } = await run.ended;
  assert.equal(code, 0, JSON.stringify(run.of("summary")));
  const flooded = run.of("heardGuest").filter(({ text }) => /a line$/.test(String(text)));
  assert.ok(flooded.length < 100_000, "the flood was let in as it came");
  for (const socket of guests) socket.destroy();
});

function escaped(text: string): string {
  return text.replaceAll("+", "\\+");
}
