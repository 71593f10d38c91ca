import assert from "node:assert/strict";
import { after, test } from "node:test";
import type { Protocol, Transport } from "../../src/contract/index.ts";
import { whyNotNative } from "../../src/wires/_drivers/native/addon.ts";
import { pty } from "../../src/wires/pty/index.ts";
import { listFiles } from "../../tools/list-files.ts";
import { WindowsNode } from "./windows-node.ts";

/** Presses h when the program is there, and q when it has said so. */
class Keys implements Protocol {
  readonly shown: Promise<string>;
  #transport!: Transport;
  #text = "";
  #settle!: (text: string) => void;
  readonly #steps: [seen: string, pressed: string][] = [
    ["<console", "h"],
    ["<key h>", "q"],
  ];

  constructor() {
    this.shown = new Promise((settle) => {
      this.#settle = settle;
    });
  }

  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }

  dataReceived(data: Uint8Array): void {
    this.#text += Buffer.from(data).toString();
    const [step] = this.#steps;
    if (step === undefined || !this.#text.includes(step[0])) return;
    this.#steps.shift();
    this.#transport.write(Buffer.from(step[1]));
  }

  connectionLost(): void {
    this.#settle(this.#text);
  }
}

/**
 * The tests of this folder, and the conformance of TCP on the portable driver, run by Node for
 * Windows under Wine. That stands for Windows as far as Wine goes: what it cannot show is in the
 * tests themselves, as skips with reasons.
 */
const node = WindowsNode.prepare();

if (typeof node === "string") {
  test("the tests of Windows", { skip: node });
} else {
  after(() => node.stop());
  const own = listFiles(".", "build/test/windows", ".test.js").filter(
    (path) => !path.endsWith("under-wine.test.js"),
  );
  const why = whyNotNative();
  test("standard streams on a console take keys one by one", { skip: why ?? false }, async () => {
    const started = node.commandOf("build/test/windows/console.js");
    const keys = new Keys();
    await pty({ ...started, size: { columns: 100, rows: 30 } }).connect(keys);
    const shown = await keys.shown;
    assert.match(shown, /<console true true 100>/, "both are terminals, of that size");
    assert.match(shown, /<key h>[\s\S]*<key q>/);
  });

  test("the example of named pipes goes over one on Windows", async () => {
    const { output, status } = await node.run(["build/examples/named-pipe.js"], "example");
    assert.equal(status, 0, output);
    assert.match(output, /client: hello over pipe/);
  });

  for (const path of [...own, "build/test/conformance/tcp.test.js"]) {
    test(`${path} passes on Windows`, async (t) => {
      const name = path.replace(/^.*\//, "");
      const ran = await node.run(["--test-reporter=tap", path], name);
      const count = (what: string): number =>
        Number(new RegExp(`^# ${what} (\\d+)`, "m").exec(ran.output)?.[1] ?? -1);
      const failures = ran.output.split("\n").filter((line) => /^\s*not ok/.test(line));
      assert.equal(ran.status, 0, `${failures.join("\n")}\n${ran.output.slice(-4000)}`);
      assert.deepEqual([count("fail"), count("cancelled")], [0, 0]);
      assert.ok(count("pass") > 0, "it ran something");
      t.diagnostic(`${count("pass")} passed, ${count("skipped")} skipped`);
    });
  }
}
