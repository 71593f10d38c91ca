import type { Bytes } from "../../contract/index.ts";
import { check, checkSame, checkThrows } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern, piecesOf } from "../pattern.ts";

/** `writeSequence` is writing each element in order. */
export const writeSequenceCases: readonly ConformanceCase[] = [
  {
    id: "writeSequence.order",
    clause: "writeSequence is the same as writing each element in order.",
    needs: [],
    through: true,
    async run(stage) {
      const { near, far } = await stage.open();
      const data = pattern(50_000);
      near.transport.write(data.subarray(0, 10));
      near.transport.writeSequence([
        ...piecesOf(data.subarray(10, 49_000), 3000),
        new Uint8Array(),
      ]);
      near.transport.write(data.subarray(49_000));
      await stage.until("50 000 bytes", () => far.byteCount >= data.byteLength);
      checkBytes(far.chunks, data, "what arrived");
    },
  },
  {
    id: "writeSequence.allOrNothing",
    clause: "If one element is not bytes, nothing is written.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open();
      const wrong = [pattern(10), pattern(20), "text"] as unknown as readonly Bytes[];
      const isTypeError = (error: unknown): boolean => error instanceof TypeError;
      checkThrows(
        () => near.transport.writeSequence(wrong),
        isTypeError,
        "it must throw TypeError",
      );
      checkThrows(
        () => near.transport.writeSequence(7 as unknown as readonly Bytes[]),
        isTypeError,
        "what is not iterable must throw TypeError",
      );
      checkSame(near.transport.ledger.accepted, 0, "accepted");
      near.transport.write(pattern(5, 2));
      await stage.until("5 bytes", () => far.byteCount >= 5);
      checkBytes(far.chunks, pattern(5, 2), "what arrived");
    },
  },
  {
    id: "writeSequence.lazyIterable",
    clause: "Any iterable will do; it is read once.",
    needs: [],
    async run(stage) {
      const { near, far } = await stage.open();
      const data = pattern(9000);
      let readings = 0;
      const once: Iterable<Bytes> = {
        [Symbol.iterator]: () => {
          readings++;
          return piecesOf(data, 1000);
        },
      };
      near.transport.writeSequence(once);
      check(readings === 1, `the iterable was read ${readings} times`);
      near.transport.writeSequence(piecesOf(pattern(10, 2), 3));
      await stage.until("9010 bytes", () => far.byteCount >= 9010);
      const expected = new Uint8Array(9010);
      expected.set(data);
      expected.set(pattern(10, 2), 9000);
      checkBytes(far.chunks, expected, "what arrived");
    },
  },
];
