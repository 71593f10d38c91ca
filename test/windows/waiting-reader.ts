import { descriptor } from "../../src/wires/descriptor/index.ts";
import { duplexPipe } from "./handles.ts";

/** A program that exits while it reads from a pipe that nobody writes to. */
const { server } = duplexPipe();
await descriptor({ fd: server, overlapped: true }).connect({
  connectionMade: () => void setTimeout(() => process.exit(7), 20),
  dataReceived: () => undefined,
  connectionLost: () => undefined,
});
