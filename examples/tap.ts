/** Watches a connection without changing it: every byte, every pause, the end. */
import { observe } from "overwall";
import { AccumulatingProtocol, loopback } from "overwall/memory";

const server = new AccumulatingProtocol();
const { left, closed } = loopback(new AccumulatingProtocol(), server);
observe(left, {
  bytes: (direction, data) => console.log(direction, new TextDecoder().decode(data)),
  ended: (reason) => console.log("ended", reason.kind, reason.by),
});
left.write(new TextEncoder().encode("over the wall"));
left.loseConnection();
await closed;
