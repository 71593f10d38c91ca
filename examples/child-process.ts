/** A child process as a connection: bytes in, bytes out, its errors apart, and why it ended. */
import type { ProcessProtocol } from "overwall";
import { describeReason } from "overwall";
import { childProcess } from "overwall/process";

const sort: ProcessProtocol = {
  connectionMade(transport) {
    transport.write(new TextEncoder().encode("pear\napple\n"));
    transport.loseWriteConnection();
  },
  dataReceived: (data) => void process.stdout.write(data),
  childDataReceived: (childFD, data) =>
    void process.stdout.write(`${childFD}: ${new TextDecoder().decode(data)}`),
  readConnectionLost: () => undefined,
  connectionLost: (reason) => void process.stdout.write(`${describeReason(reason)}\n`),
};

const script = "echo 'sorting' >&2; sort; exit 3";
await childProcess({
  command: "/bin/sh",
  args: ["-c", script],
  env: "inherit",
  fds: { 2: "r" },
}).connect(sort);
