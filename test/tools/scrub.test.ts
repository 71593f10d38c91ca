import assert from "node:assert/strict";
import { test } from "node:test";
import { scrub } from "../../tools/scrub.ts";

const place = {
  cwd: "/srv/ada/overwall",
  home: "/srv/ada",
  temporary: "/tmp",
  host: "box-1.lab",
  user: "ada",
};

test("a record does not tell where, or by whom, it was written", () => {
  const text = "ada@box-1.lab ran /srv/ada/overwall/build/a.js with /tmp/x and /srv/ada/.rc";
  assert.equal(
    scrub(text, place),
    "<user>@<host> ran ./build/a.js with <temporary>/x and <home>/.rc",
  );
});

test("words that merely contain the user's name stay, and so do names that name nobody", () => {
  assert.equal(scrub("adapter, ada-lib", place), "adapter, ada-lib");
  assert.equal(scrub("the root entry", { ...place, user: "root", home: "/" }), "the root entry");
});
