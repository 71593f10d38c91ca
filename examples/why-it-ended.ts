/** Four ways for a connection to end, and the reason each side is given. */
import type { CloseReason, Protocol, Transport } from "overwall";
import { describeReason } from "overwall";
import { loopback } from "overwall/memory";

/** Tells why it ended, and nothing else. */
function witness(name: string, more: Partial<Protocol> = {}): Protocol {
  return {
    connectionMade: () => {},
    dataReceived: () => {},
    connectionLost: (reason: CloseReason) => console.log(`  ${name}: ${describeReason(reason)}`),
    ...more,
  };
}

async function show(
  title: string,
  what: (left: Transport & { abortConnection(): void }) => void,
  rightMore: Partial<Protocol> = {},
): Promise<void> {
  console.log(title);
  const limits = { idleMs: 50 };
  const { left, closed } = loopback(witness("left"), witness("right", rightMore), { limits });
  what(left);
  await closed;
}

const hello = new TextEncoder().encode("hello");
await show("left closes", (left) => left.loseConnection());
await show("left aborts", (left) => left.abortConnection());
await show("nobody says anything", () => {});
await show("right throws", (left) => left.write(hello), {
  dataReceived: () => {
    throw new Error("I did not expect that");
  },
});
