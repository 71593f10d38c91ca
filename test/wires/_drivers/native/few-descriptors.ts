import { tcp } from "../../../../src/wires/tcp/index.ts";

// Answers every connection, in a process that may open few; tells each error of the listener.
const port = await tcp({ port: 0, driver: "native" }).listen(
  () => {
    let answer = (_data: Uint8Array): void => undefined;
    return {
      connectionMade: (transport) => {
        answer = (data) => transport.write(data);
      },
      dataReceived: (data) => answer(data),
      connectionLost: () => undefined,
    };
  },
  {
    onError: (error, { during }) => {
      process.stdout.write(`${during} ${(error as NodeJS.ErrnoException).code}\n`);
    },
  },
);
process.stdout.write(`port ${(port.getHost() as { readonly port: number }).port}\n`);
