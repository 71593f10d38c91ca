import assert from "node:assert/strict";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import type { Bytes, Protocol, Transport } from "../../src/contract/index.ts";
import { SpecError } from "../../src/contract/index.ts";
import type { OpenRequest, Scheme } from "../../src/endpoints/index.ts";
import {
  endpoint,
  parse,
  registerScheme,
  schemes,
  specOf,
  specThrough,
} from "../../src/endpoints/index.ts";

class Shout implements Protocol {
  #transport!: Transport;
  connectionMade(transport: Transport): void {
    this.#transport = transport;
  }
  dataReceived(data: Bytes): void {
    this.#transport.write(Buffer.from(Buffer.from(data).toString().toUpperCase()));
  }
  connectionLost(): void {}
}

/** Sends `text` to a shouting server at `spec`, and gives what comes back. */
async function shoutThrough(spec: string, text: string): Promise<string> {
  await using port = await (await endpoint(spec)).listen(() => new Shout());
  const client = await endpoint(specOf(port.getHost()) ?? assert.fail("it has no name"));
  return await new Promise((resolve, reject) => {
    let transport: Transport;
    let answer = "";
    const protocol: Protocol = {
      connectionMade: (made) => {
        transport = made;
        made.write(Buffer.from(text));
      },
      dataReceived: (data) => {
        answer += Buffer.from(data).toString();
        if (answer.length === text.length) transport.loseConnection();
      },
      connectionLost: () => resolve(answer),
    };
    client.connect(protocol).catch(reject);
  });
}

describe("one string serves to listen and to connect", () => {
  test("tcp", async () => {
    assert.equal(await shoutThrough("tcp://127.0.0.1:0?noDelay=false&backlog=5", "tcp"), "TCP");
  });

  test("unix, with the mode that is asked for and a name that needs encoding", async (context) => {
    const folder = await mkdtemp(join(tmpdir(), "overwall endpoint-"));
    context.after(() => rm(folder, { recursive: true, force: true }));
    const path = join(folder, "a?b.sock");
    const spec = `unix://${path.replace("?", "%3F").replace(" ", "%20")}?mode=0640`;
    assert.equal(await shoutThrough(spec, "unix"), "UNIX");
    await using _port = await (await endpoint(spec)).listen(() => new Shout());
    assert.equal((await stat(path)).mode & 0o777, 0o640);
  });

  test("memory, where two strings of one name meet", async () => {
    assert.equal(await shoutThrough("memory://endpoint-test", "memory"), "MEMORY");
  });
});

test("what the grammar lets through and the wire refuses is a fault of the string", async () => {
  await assert.rejects(endpoint("tcp://127.0.0.1:1?backlog=0"), (error: unknown) => {
    assert.ok(error instanceof SpecError);
    assert.equal(error.offset, "tcp://127.0.0.1:1?".length);
    assert.match(error.message, /backlog/);
    return true;
  });
});

describe("a scheme of one's own", () => {
  const opened: OpenRequest[] = [];
  const scheme: Scheme = {
    name: "twice",
    describe: "a layer that changes nothing",
    example: "twice+tcp://host:1",
    implies: "tcp",
    options: { loud: { type: "boolean", describe: "" } },
    listens: true,
    connects: true,
    open: async (request) => {
      opened.push(request);
      return request.lower ?? assert.fail("a layer is given what is beneath");
    },
  };

  test("stands on a wire, is given its options, and is gone when disposed", async () => {
    {
      using _registered = registerScheme(scheme);
      assert.ok(schemes().includes(scheme));
      assert.equal(await shoutThrough("twice+twice+memory://own?twice2.loud", "deep"), "DEEP");
      assert.deepEqual(
        opened.map(({ options }) => options),
        [{ loud: true }, {}],
        "the innermost is opened first",
      );
    }
    assert.throws(() => parse("twice+memory://own"), SpecError);
  });

  test("is refused under a name that is taken or cannot be written", () => {
    assert.throws(() => registerScheme({ ...scheme, name: "tcp" }), RangeError);
    assert.throws(() => registerScheme({ ...scheme, name: "Two Words" }), TypeError);
    assert.throws(
      () => registerScheme({ ...scheme, options: { "a.b": { type: "text", describe: "" } } }),
      TypeError,
    );
  });
});

test("an address without a name has no string", () => {
  assert.equal(specOf({ kind: "unix", path: null }), undefined);
  assert.equal(specOf({ kind: "loopback", side: "left" }), undefined);
  assert.equal(specOf({ kind: "tcp", host: "::1", port: 80, family: 6 }), "tcp://[::1]:80");
});

test("specThrough leads through the layers that were listened through, with and without options", () => {
  const tcp = { kind: "tcp", host: "::1", port: 443, family: 6 } as const;
  const unix = { kind: "unix", path: "/run/x" } as const;
  assert.equal(specThrough(tcp, "tls://:0?selfSigned", "bare"), "tls://[::1]:443");
  assert.equal(
    specThrough(tcp, "tls://:0?selfSigned", "with options"),
    "tls://[::1]:443?selfSigned",
  );
  assert.equal(specThrough(unix, "tls+unix:/run/x?cert=a", "bare"), "tls+unix:///run/x");
  assert.equal(specThrough(tcp, "tls+tls://:0", "bare"), "tls+tls://[::1]:443");
  assert.equal(specThrough(tcp, "tcp://:0?backlog=5", "bare"), "tcp://[::1]:443");
  assert.equal(specThrough({ kind: "unix", path: null }, "unix:/run/x", "bare"), undefined);
});

test("an endpoint reloads what its layers can reload, the innermost first", async () => {
  const reloaded: string[] = [];
  const plain = await endpoint("memory://reload-test");
  assert.equal(plain.reload, undefined);
  const scheme = (name: string): Scheme => ({
    name,
    describe: "a layer that does nothing",
    example: `${name}+tcp://:1`,
    options: {},
    listens: true,
    connects: true,
    open: async ({ lower }) => ({
      connect: (protocol, options) => (lower as typeof plain).connect(protocol, options),
      listen: (factory, options) => (lower as typeof plain).listen(factory, options),
      reload: async () => void reloaded.push(name),
    }),
  });
  using _one = registerScheme(scheme("outer"));
  using _two = registerScheme(scheme("inner"));
  const made = await endpoint("outer+inner+memory://reload-test");
  await made.reload?.();
  assert.deepEqual(reloaded, ["inner", "outer"]);
});
