import { parentPort } from "node:worker_threads";
import { tcp } from "../../../../src/wires/tcp/index.ts";
import { RecordingProtocol } from "../../recording-protocol.ts";

// A thread with a reactor of its own: both ends of a connection, which says its words again and
// again until the thread is ended.
const port = await tcp({ port: 0, driver: "native" }).listen(() => {
  const served = new RecordingProtocol();
  const { dataReceived } = served;
  served.dataReceived = (data): void => {
    dataReceived(data);
    served.transport.write(data);
  };
  return served;
});
const { port: number } = port.getHost() as { readonly port: number };
const client = await tcp({ port: number, driver: "native" }).connect(new RecordingProtocol());
client.transport.write(Buffer.from("words in a thread"));
await client.received(17);
parentPort?.postMessage([client.bytes.toString(), number]);
const { dataReceived } = client;
client.dataReceived = (data): void => {
  dataReceived(data);
  client.transport.write(data);
};
client.transport.write(Buffer.from("and on and on"));
