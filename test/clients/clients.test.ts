import { after, describe, test } from "node:test";
import { isFull } from "../counts.ts";
import { LIBRARIES } from "./libraries.ts";
import { Bench } from "./trial.ts";

// Client libraries as they are published, against servers as they are installed, on sockets that
// are made of every kind of wire: what their users count on.
for (const library of LIBRARIES) {
  describe(`${library.name} ${library.version}`, () => {
    const bench = new Bench(library);
    after(() => bench[Symbol.asyncDispose]());
    for (const { name, missing, run } of bench.attempts) {
      const skip = missing.length > 0 && `needs ${missing.join(", ")} on PATH`;
      test(name, { skip }, () => run(isFull()));
    }
  });
}
