// The tests of the relay, again with every byte shown to JavaScript: the two ways are to be the same.
process.env["OVERWALL_SHORTCUT"] = "off";
await import("./relay.test.ts");
