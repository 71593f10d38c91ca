// The tests of the relay, again with every byte shown to JavaScript: both ways are the same.
process.env["OVERWALL_SHORTCUT"] = "off";
await import("./relay.test.ts");
