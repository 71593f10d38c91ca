import assert from "node:assert/strict";
import { test } from "node:test";
import { CliRun } from "./run-cli.ts";

test("connect over tls: --tls-info tells the session, as words and as an event", async () => {
  await using server = new CliRun(["serve", "echo", "tls://127.0.0.1:0?selfSigned"]);
  const [, port] = await server.saw(/listening on tcp:\/\/127\.0\.0\.1:(\d+)/);
  const url = `tls://localhost:${port}?insecure`;
  for (const json of [false, true]) {
    await using client = new CliRun(["connect", "--tls-info", ...(json ? ["--json"] : []), url]);
    client.child.stdin.end("hello\n");
    const { code, stdout, stderr } = await client.ended;
    assert.deepEqual([code, stdout.toString()], [0, "hello\n"]);
    if (json) {
      const events = stderr
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line));
      const event = events.find((one: { event: string }) => one.event === "tls");
      assert.deepEqual([event.protocol, event.authorized], ["TLSv1.3", false]);
      assert.equal(event.certificate.subject, "CN=127.0.0.1");
    } else {
      assert.match(stderr, /^TLS: TLSv1\.3, TLS_\w+$/m);
      assert.match(stderr, /^ {2}NOT verified$/m);
    }
  }
  await using refused = new CliRun(["connect", `tls://localhost:${port}`]);
  refused.child.stdin.end();
  const { code, stderr } = await refused.ended;
  assert.equal(code, 1);
  assert.match(stderr, /^overwall: .*certificate is self-signed, and not trusted/m);
});
