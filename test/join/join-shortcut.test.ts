import assert from "node:assert/strict";
import { after } from "node:test";
import { giveShortcuts, shortcutBytes } from "./joinable-loopback.ts";

// Every test of the join, and every random course, again on wires that carry bytes by themselves:
// whoever joins two of these must not be able to tell.
giveShortcuts();
await import("./join.test.ts");
await import("./join-any-course.test.ts");

after(() => assert.ok(shortcutBytes() > 64 * 1024 * 1024, `${shortcutBytes()} bytes went short`));
