import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { SpecError } from "../../src/contract/index.ts";
import type { EndpointSpec, Place, Scheme, Schemes } from "../../src/endpoints/index.ts";
import { format, parse, registeredSchemes } from "../../src/endpoints/index.ts";
import { anySpec } from "./any-spec.ts";

const unopened = (): never => assert.fail("parsing must not open anything");

/** A table with layers in it, so that stacking is tested whatever this version carries. */
const layered: Schemes = tableOf([
  ...registeredSchemes.all().filter(({ name }) => name !== "tls"),
  {
    name: "tls",
    describe: "a layer",
    example: "tls://host:443",
    implies: "tcp",
    options: {
      verify: { type: "boolean", describe: "" },
      handshake: { type: "duration", describe: "" },
      window: { type: "size", describe: "" },
      sni: { type: "text", describe: "" },
      depth: { type: "number", describe: "" },
    },
    listens: true,
    connects: true,
    open: unopened,
  },
  {
    name: "mux",
    describe: "a layer that implies no wire",
    example: "mux+tcp://host:1",
    options: { depth: { type: "number", describe: "" } },
    listens: true,
    connects: true,
    open: unopened,
  },
]);

function tableOf(all: readonly Scheme[]): Schemes {
  return { all: () => all, find: (name) => all.find((scheme) => scheme.name === name) };
}

const wire = (scheme: string, place: Place, options = {}): EndpointSpec => ({
  layers: [{ scheme, options }],
  place,
});
const tcpAt = (host: string, port: number): EndpointSpec =>
  wire("tcp", { form: "authority", host, port });
const unixAt = (path: string): EndpointSpec => wire("unix", { form: "path", path });

describe("what an endpoint string says", () => {
  const rows: readonly (readonly [string, EndpointSpec, string?])[] = [
    ["tcp://127.0.0.1:8007", tcpAt("127.0.0.1", 8007)],
    ["tcp://[::1]:8007", tcpAt("::1", 8007)],
    ["tcp://[fe80::1%25lo]:8007", tcpAt("fe80::1%lo", 8007)],
    ["tcp://:8007", tcpAt("127.0.0.1", 8007), "tcp://127.0.0.1:8007"],
    ["tcp://Example.ORG:0", tcpAt("example.org", 0), "tcp://example.org:0"],
    ["unix:///run/app.sock", unixAt("/run/app.sock")],
    ["unix:/run/app.sock", unixAt("/run/app.sock"), "unix:///run/app.sock"],
    ["unix:./app.sock", unixAt("./app.sock")],
    ["unix:../app.sock", unixAt("../app.sock")],
    ["unix:@abstract-name", unixAt("@abstract-name")],
    ["unix:///a%20b%3Fc%23d%25", unixAt("/a b?c#d%")],
    ["memory://name", wire("memory", { form: "name", name: "name" })],
    ["stdio:", wire("stdio", { form: "nothing" })],
    ["fd:3", wire("fd", { form: "numbers", numbers: [3] })],
    ["fd:3,4", wire("fd", { form: "numbers", numbers: [3, 4] })],
    ["file:///var/log/x", wire("file", { form: "file", path: "/var/log/x" })],
    ["process:sort -u", wire("process", { form: "command", words: ["sort", "-u"] })],
    [
      "process:sh -c 'a | b?#' 'it'\\''s \"' 'x y'",
      wire("process", { form: "command", words: ["sh", "-c", "a | b?#", "it's \"", "x y"] }),
    ],
    ["pipe:app", wire("pipe", { form: "word", name: "app" })],
    ["pipe:a%3Ab", wire("pipe", { form: "word", name: "a:b" })],
    ["memory://a%2Fb", wire("memory", { form: "name", name: "a/b" })],
  ];
  for (const [text, value, canonical] of rows) {
    test(`${text} is read, and written back`, () => {
      assert.deepEqual(parse(text), value);
      assert.equal(format(value), canonical ?? text);
    });
  }

  test("options become values of their types", () => {
    assert.deepEqual(parse("unix:///x?mode=0660").layers[0]?.options, { mode: 0o660 });
    assert.deepEqual(
      parse("tls+unix:///x?verify&handshake=1.5s&window=2MiB&sni=a%26b", layered).layers,
      [
        {
          scheme: "tls",
          options: { verify: true, handshake: 1500, window: 2 ** 21, sni: "a&b" },
        },
        { scheme: "unix", options: {} },
      ],
    );
  });

  test("a layer alone stands on the wire it implies, and is written with it", () => {
    const spec = parse("tls://host:443", layered);
    assert.deepEqual(
      spec.layers.map(({ scheme }) => scheme),
      ["tls", "tcp"],
    );
    assert.equal(format(spec, layered), "tls+tcp://host:443");
  });

  test("a key that two layers have names its layer, numbered from the outermost", () => {
    const text = "tls+tls+mux+tcp://h:1?tls1.depth=1&tls2.depth=2&mux.depth=3";
    const spec = parse(text, layered);
    assert.deepEqual(
      spec.layers.map(({ options }) => options["depth"]),
      [1, 2, 3, undefined],
    );
    assert.equal(format(spec, layered), text);
  });
});

test("format and parse round-trip any value", () => {
  fc.assert(
    fc.property(anySpec(layered), (spec) => {
      const text = format(spec, layered);
      assert.deepEqual(parse(text, layered), spec, text);
      assert.equal(format(parse(text, layered), layered), text);
    }),
    { numRuns: 500 },
  );
});

test("format refuses options behind a command, which would become its arguments", () => {
  const place = { form: "command", words: ["cat"] } as const;
  const layers = [
    { scheme: "tls", options: { verify: true } },
    { scheme: "process", options: {} },
  ];
  assert.throws(() => format({ layers, place }, layered), /behind a command no options can stand/);
});

test("any text is read or refused with a caret inside it: nothing else is ever thrown", () => {
  const scraps = fc.array(
    fc.oneof(
      fc.constantFrom(
        "tcp",
        "unix",
        "memory",
        "tls",
        "://",
        ":",
        "+",
        "?",
        "&",
        "=",
        "@",
        "%",
        "[",
      ),
      fc.constantFrom(
        "]",
        "#",
        "/",
        "127.0.0.1",
        "8007",
        "mode",
        "noDelay",
        "tls1.",
        "\u0007",
        "0",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    ),
    { maxLength: 12 },
  );
  fc.assert(
    fc.property(scraps, (parts) => {
      try {
        parse(parts.join(""), layered);
      } catch (error) {
        assert.ok(error instanceof SpecError, String(error));
        assert.ok(error.offset >= 0 && error.offset <= error.spec.length);
        // oxlint-disable-next-line no-control-regex
        assert.doesNotMatch(error.spec, /\p{Cc}/u, "an error must not steer the terminal");
      }
    }),
    { numRuns: 2000 },
  );
});

describe("what is wrong with an endpoint string", () => {
  // The second column is the string again, up to the caret.
  const rows: readonly (readonly [string, string, RegExp])[] = [
    ["", "", /expected an endpoint/],
    ["127.0.0.1:8007", "", /did you mean "tcp:\/\/127\.0\.0\.1:8007"/],
    ["/run/app.sock", "", /as in unix:\/run\/app\.sock/],
    ["tcp", "tcp", /expected ":" and where to/],
    ["tpc://127.0.0.1:1", "", /unknown scheme "tpc"; did you mean "tcp"/],
    ["gopher://h", "", /unknown scheme "gopher"; there are tcp, unix, pipe, memory/],
    ["ssh+tcp://h:22", "", /ssh \(an SSH session\) is not in this version/],
    ["stdio:x", "stdio:", /has nothing behind it but options/],
    ["fd:three", "fd:", /expected a descriptor's number/],
    ["file:x", "file:", /expected an absolute path/],
    ["process:", "process:", /expected a command/],
    ["process:ls | wc", "process:ls ", /there is no shell here/],
    ["process:echo 'x", "process:echo ", /never closed/],
    ["process:echo \\", "process:echo ", /expected a character/],
    ["tcp+unix:///x", "tcp+", /tcp is a wire; only layers stand to the left/],
    ["+tcp://h:1", "", /expected a scheme/],
    ["tcp:127.0.0.1:8007", "tcp:", /expected "\/\/" and a host and port/],
    ["tcp://127.0.0.1", "tcp://127.0.0.1", /expected ":" and a port/],
    ["tcp://127.0.0.1:", "tcp://127.0.0.1:", /expected a port from 0 to 65535/],
    ["tcp://127.0.0.1:http", "tcp://127.0.0.1:", /not "http"/],
    ["tcp://127.0.0.1:65536", "tcp://127.0.0.1:", /not "65536"/],
    ["tcp://127.0.0.1:80/x", "tcp://127.0.0.1:80", /takes no path/],
    ["tcp://127.0.0.256:80", "tcp://", /four numbers from 0 to 255/],
    ["tcp://*:80", "tcp://", /write 0\.0\.0\.0/],
    ["tcp://a b:80", "tcp://a", /a host is letters/],
    ["tcp://::1:80", "tcp://", /in brackets, as in \[::1\]/],
    ["tcp://[::1:80", "tcp://[::1:80", /expected "\]"/],
    ["tcp://[::1]80", "tcp://[::1]", /expected ":" and a port/],
    ["tcp://[127.0.0.1]:80", "tcp://[", /expected an IPv6 address/],
    ["tcp://joe@h:80", "tcp://", /takes no user name/],
    [
      "tcp://h:80?noDelai",
      "tcp://h:80?",
      /unknown option "noDelai" for tcp; did you mean "noDelay"/,
    ],
    ["tcp://h:80?mode=0600", "tcp://h:80?", /unknown option "mode" for tcp; there are /],
    ["memory://a?x=1", "memory://a?", /unknown option "x" for memory; it has none/],
    ["tcp://h:80?noDelay=yes", "tcp://h:80?noDelay=", /takes "true" or "false"/],
    ["tcp://h:80?noDelay&noDelay", "tcp://h:80?noDelay&", /given twice/],
    ["tcp://h:80?", "tcp://h:80?", /expected an option/],
    ["tcp://h:80?unix.mode=1", "tcp://h:80?", /no layer here is called "unix"; there is tcp/],
    ["unix:///x?mode=999", "unix:///x?mode=", /an octal mode such as 0660/],
    ["unix:///x?mode", "unix:///x?mode", /an octal mode/],
    ["unix://run/app.sock", "unix://", /expected a third "\/"/],
    ["unix:app.sock", "unix:", /begins with "\.\/"/],
    ["unix:", "unix:", /expected a path/],
    ["unix:@", "unix:@", /expected an abstract name/],
    ["unix:///run/", "unix:///run", /not a folder/],
    ["unix:///a%2", "unix:///a", /two hexadecimal digits/],
    ["unix:///a%ff", "unix:///a", /not UTF-8/],
    ["unix:///a%00", "unix:///a", /a zero byte/],
    ["unix:///a#b", "unix:///a", /write "%23"/],
    ["memory:name", "memory:", /expected "\/\/" and a name/],
    ["memory://", "memory://", /expected a name/],
    ["pipe:", "pipe:", /expected a name, as in pipe:app/],
    ["pipe://app", "pipe:", /is one word, as in pipe:app \(write "%2F" for a "\/"\)/],
    ["pipe:a:b", "pipe:a", /\(write "%3A" for a ":"\)/],
    ["pipe:a@b", "pipe:a", /\(write "%40" for a "@"\)/],
    // No escape helps: the wire takes none either.
    ["pipe:\\\\.\\pipe\\app", "pipe:", /one word, as in pipe:app, without a "\\"\n/],
    ["memory://a/b", "memory://a", /is one word.* \(write "%2F" for a "\/"\)/],
    ["memory://a:b", "memory://a", /\(write "%3A" for a ":"\)/],
  ];
  for (const [text, upToCaret, expected] of rows) {
    test(`${JSON.stringify(text)} is refused where the fault is, with what was expected`, () => {
      assert.throws(
        () => parse(text),
        (error: unknown) => {
          assert.ok(error instanceof SpecError, String(error));
          assert.equal(error.code, "ERR_WIRE_SPEC");
          assert.equal(error.offset, upToCaret.length, error.message);
          assert.match(error.message, expected);
          assert.ok(error.message.endsWith(`\n  ${text}\n  ${" ".repeat(upToCaret.length)}^`));
          return true;
        },
      );
    });
  }

  test("a layer without a wire beneath it is told what it needs", () => {
    assert.throws(() => parse("mux://h:1", layered), /mux needs a wire beneath it, as in mux\+tcp/);
    assert.throws(
      () => parse("tls+tls+mux+tcp://h:1?depth=1", layered),
      /tls1\.depth or tls2\.depth/,
    );
  });

  test("something that is not a string is a mistake in the call", () => {
    assert.throws(() => parse(8007 as unknown as string), TypeError);
  });
});

describe("a password in a URL is refused and not repeated", () => {
  const rows: readonly (readonly [string, string])[] = [
    ["tcp://joe:hunter2@h:80", "tcp://joe:"],
    ["ssh://joe:hunter2@h:22", "ssh://joe:"],
    ["tcp://:hunter2@h:80", "tcp://:"],
    ["tcp://joe:hunter2/x@h:80", "tcp://joe:"],
    ["tcp://joe:hunter2?x@h:80", "tcp://joe:"],
    ["nosuch://joe:hunter2@h:80", "nosuch://joe:"],
    ["joe:hunter2@h:80", "joe:"],
    ["tcp://h:80?password=hunter2", "tcp://h:80?password="],
    ["tcp://h:80?noDelay&tcp.secret=hunter2&x", "tcp://h:80?noDelay&tcp.secret="],
  ];
  for (const [text, before] of rows) {
    test(text.replace("hunter2", "***"), () => {
      assert.throws(
        () => parse(text),
        (error: unknown) => {
          assert.ok(error instanceof SpecError);
          assert.match(error.message, /a password does not belong in a URL/);
          assert.equal(error.offset, before.length);
          assert.ok(!JSON.stringify([error.message, error.stack, error.spec]).includes("hunter2"));
          return true;
        },
      );
    });
  }

  test("an @ in a path, or behind a port, is no password", () => {
    assert.deepEqual(parse("unix:///run/a:b@c"), unixAt("/run/a:b@c"));
    assert.throws(() => parse("tcp://h:80/x@y"), /takes no path/);
  });
});
