import assert from "node:assert/strict";
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
  const rows = await run.held();
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
  run.child.kill("SIGINT");
  const { code } = await run.ended;
  assert.equal(code, 0, "to join breaks no check");
});

test("a guest with an endless line is cut for it, one who reads nothing for that, and the tour holds", async () => {
  await using run = new TourRun(["unix", "loopback"], "--hold");
  const path = (await run.held())[0]?.address.replace("unix://", "") ?? "";
  const endless = connect(path).on("error", () => {});
  endless.write("x".repeat(200_000));
  await run.saw(/"guestLeft"[^\n]*"cut":"[^"]*(?:line|frame)[^"]*"/, "stdout");
  const deaf = connect(path)
    .on("error", () => {})
    .pause();
  await run.saw(/"guestCame"[^\n]*guest-2/, "stdout");
  const loud = connect(path).on("error", () => {});
  loud.resume();
  const line = `${"y".repeat(60_000)}\n`;
  const talk = (): void => {
    while (!loud.destroyed && loud.write(line));
  };
  loud.on("drain", talk);
  talk();
  const cut = await run.saw(
    /"guestLeft"[^\n]*guest-2[^\n]*ERR_WIRE_LIMIT|"guestLeft"[^\n]*guest-2[^\n]*"cut":"[^\n]*/,
    "stdout",
  );
  assert.match(cut[0], /writeLimit/);
  run.child.kill("SIGINT");
  const { code } = await run.ended;
  assert.equal(code, 0, JSON.stringify(run.of("summary")));
  for (const socket of [endless, deaf, loud]) socket.destroy();
});

test("junk and a flood of lines slow themselves, and no check", async () => {
  await using run = new TourRun(["tcp", "unix"], "--hold");
  const [row] = await run.held();
  const port = Number(row?.address.split(":").at(-1));
  const junk = connect(port, "127.0.0.1")
    .on("error", () => {})
    .resume();
  const flood = connect(port, "127.0.0.1")
    .on("error", () => {})
    .resume();
  junk.write(Uint8Array.from({ length: 100_000 }, (_, at) => (at * at + (at >> 3)) % 256));
  flood.write("a line\n".repeat(200_000));
  await run.saw(/heardGuest[^\n]*a line/, "stdout");
  run.child.kill("SIGINT");
  const { code } = await run.ended;
  assert.equal(code, 0, JSON.stringify(run.of("summary")));
  assert.ok(run.of("heardGuest").length < 1000, "the flood was let in as it came");
  for (const socket of [junk, flood]) socket.destroy();
});

function escaped(text: string): string {
  return text.replaceAll("+", "\\+");
}
