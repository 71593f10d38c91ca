import { test } from "node:test";
import { pumps } from "../../src/memory/index.ts";
import { cases, loopbackWire, register } from "../../src/testing/index.ts";

register(loopbackWire({ name: "loopback, byte by byte", pump: pumps.oneByte }), test, {
  cases: cases.filter(({ heavy }) => heavy !== true),
  skip: (name, skip) => test(name, { skip }),
});
