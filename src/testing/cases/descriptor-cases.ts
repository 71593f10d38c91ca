import type { Transport, UnixTransport } from "../../contract/index.ts";
import { check, checkSame, hasCode } from "../check.ts";
import type { ConformanceCase } from "../conformance-case.ts";
import { checkBytes, pattern } from "../pattern.ts";

/** Open descriptors that travel with the bytes. */
export const descriptorCases: readonly ConformanceCase[] = [
  {
    id: "descriptor.ahead",
    clause:
      "Each descriptor arrives, in order, ahead of the byte that it travels with, and is no byte.",
    needs: ["descriptors"],
    async run(stage) {
      const { open, close, isSame } = stage.descriptors;
      const [one, other] = [open(), open()];
      /** Which it was, and how many bytes had come before it. */
      const arrived: { readonly file: string; readonly behind: number }[] = [];
      const { near, far } = await stage.open({
        far: {
          descriptor: (fd, end) => {
            const file = isSame(fd, one) ? "one" : isSame(fd, other) ? "other" : "neither";
            arrived.push({ file, behind: end.byteCount });
            close(fd);
          },
        },
      });
      void send(near.transport, other);
      void send(near.transport, one);
      near.transport.write(pattern(1000));
      await stage.until("the first two", () => arrived.length >= 2 && far.byteCount >= 1000);
      const hasLeft = send(near.transport, other);
      near.transport.write(pattern(10));
      await stage.settled("the third to leave", hasLeft);
      await stage.until("the third", () => arrived.length >= 3 && far.byteCount >= 1010);
      const expected = [
        { file: "other", behind: 0 },
        { file: "one", behind: 1 },
        { file: "other", behind: 1000 },
      ];
      checkSame(arrived, expected, "what arrived, and behind how many bytes");
      const { accepted, sent } = near.transport.ledger;
      checkSame({ accepted, sent }, { accepted: 1010, sent: 1010 }, "the ledger");
      for (const fd of [one, other]) close(fd);
    },
  },
  {
    id: "descriptor.paused",
    clause: "A reader that pauses is given the next descriptor later, and in its place.",
    needs: ["descriptors"],
    async run(stage) {
      const { open, close } = stage.descriptors;
      const fd = open();
      const behind: number[] = [];
      const { near, far } = await stage.open({
        far: {
          descriptor: (arrived, end) => {
            close(arrived);
            if (behind.push(end.byteCount) === 1) end.transport.pauseProducing();
          },
        },
      });
      void send(near.transport, fd);
      void send(near.transport, fd);
      near.transport.write(pattern(20));
      await stage.until("the first", () => behind.length >= 1);
      await stage.turns();
      const came = { descriptors: behind.length, bytes: far.byteCount };
      checkSame(came, { descriptors: 1, bytes: 0 }, "what came before it reads again");
      far.transport.resumeProducing();
      await stage.until("all of it", () => behind.length >= 2 && far.byteCount >= 20);
      checkSame(behind, [0, 1], "behind how many bytes each came");
      close(fd);
    },
  },
  {
    id: "descriptor.unclaimed",
    clause: "Descriptors that no protocol takes are closed, and the bytes with them delivered.",
    needs: ["descriptors"],
    async run(stage) {
      const { open, close, copies } = stage.descriptors;
      const fd = open();
      const { near, far } = await stage.open();
      for (let count = 0; count < 5; count++) void send(near.transport, fd);
      checkSame(copies(fd), 6, "how often it is open once it is queued: duplicated in the call");
      near.transport.write(pattern(100));
      await stage.until("the bytes", () => far.byteCount >= 100);
      await near.transport.flushed();
      checkBytes(far.chunks, pattern(100), "the bytes that they came with");
      checkSame(copies(fd), 1, "how often it is open afterwards");
      close(fd);
    },
  },
  {
    id: "descriptor.overrun",
    clause:
      "Descriptors left without a byte at the close are its reason; they are not kept, and no byte is lost.",
    needs: ["descriptors"],
    async run(stage) {
      const { open, close, copies } = stage.descriptors;
      const fd = open();
      const ends = await stage.open({ far: { descriptor: (arrived) => close(arrived) } });
      const { near, far } = ends;
      const [first, second] = [send(near.transport, fd), send(near.transport, fd)];
      near.transport.write(pattern(1));
      near.transport.loseConnection();
      await stage.bothLost(ends);
      const [reason] = near.reasons;
      const { kind, by, code } = reason ?? {};
      const expected = { kind: "failed", by: "us", code: "ERR_WIRE_DESCRIPTOR_OVERRUN" };
      checkSame({ kind, by, code }, expected, "the reason");
      checkSame(far.reasons[0]?.kind, "done", "the peer's");
      checkBytes(far.chunks, pattern(1), "the byte that was written");
      await stage.settled("the first to leave", first);
      const refusal = await stage.settled(
        "the second to be refused",
        second.catch((error: unknown) => error),
      );
      check(hasCode("ERR_WIRE_CLOSED")(refusal), "the one left behind was not told as closed");
      checkSame(copies(fd), 1, "how often it is open afterwards");
      close(fd);
    },
  },
];

function send(transport: Transport, fd: number): Promise<void> {
  const { sendFileDescriptor } = transport as UnixTransport;
  check(sendFileDescriptor !== undefined, "the wire says that it passes descriptors, and cannot");
  return sendFileDescriptor.call(transport, fd);
}
