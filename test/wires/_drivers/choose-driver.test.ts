import assert from "node:assert/strict";
import { test } from "node:test";
import type { DriverName } from "../../../src/contract/index.ts";
import { chosenDriver } from "../../../src/wires/_drivers/choose-driver.ts";

test("a driver that there is not is refused by the name of where it was asked for", () => {
  process.env["OVERWALL_DRIVER"] = "swift";
  assert.throws(() => chosenDriver(), {
    name: "RangeError",
    message: 'the environment variable OVERWALL_DRIVER is native or portable, not "swift"',
  });
  assert.throws(() => chosenDriver("fast" as DriverName), {
    name: "RangeError",
    message: 'driver is native or portable, not "fast"',
  });
});
