import assert from "node:assert/strict";
import type { Connection } from "../../src/bridges/index.ts";
import { connect } from "../../src/bridges/index.ts";
import { toNetSocket } from "../../src/bridges/node-streams.ts";
import type { Trial } from "./trial.ts";

/** What is asked of a pool, in a library's own words. */
export interface Pool {
  /** Has the server say `n` back. */
  readonly say: (n: number) => Promise<unknown>;
  readonly end: () => Promise<void>;
}

/** Tries a library's pool of 4, which is made with what dials a socket. */
export function poolTrial(make: (stream: () => ReturnType<typeof toNetSocket>) => Pool): Trial {
  return {
    name: "pools connections that are dialled when they are needed",
    async run({ road }) {
      const dialled: Promise<Connection>[] = [];
      const pool = make(() => {
        const near = connect(road.endpoint);
        dialled.push(near);
        return toNetSocket(near);
      });
      const asked = Array.from({ length: 40 }, (_, n) => n);
      assert.deepEqual(await Promise.all(asked.map(pool.say)), asked);
      assert.equal(dialled.length, 4);
      await pool.end();
      for (const near of dialled) assert.equal((await (await near).closed).kind, "done");
    },
  };
}
