/** node-net plain|no-delay MODE PORT [BYTES, or PORT behind a relay]: idiomatic `node:net`. */
import type { Socket } from "node:net";
import { connect, createServer } from "node:net";
import { BLOCK_BYTES, fixedBytes, PIECES, REQUEST_BYTES } from "./fixed-bytes.ts";
import { watchTimer } from "./timer-lateness.ts";

const [delay = "", mode = "", port = "", argument = ""] = process.argv.slice(2);
const noDelay = delay === "no-delay";

function echo(socket: Socket): void {
  socket.on("data", (data) => socket.write(data));
}

function answerSmall(socket: Socket): void {
  let unanswered = 0;
  socket.on("data", (data) => {
    unanswered += data.length;
    while (unanswered >= REQUEST_BYTES) {
      unanswered -= REQUEST_BYTES;
      for (const piece of PIECES) socket.write(piece);
    }
  });
}

function sink(socket: Socket): void {
  let count = 0;
  socket.on("data", (data) => {
    count += data.length;
  });
  socket.on("end", () => socket.end(String(count)));
}

function source(socket: Socket): void {
  let left = Number(argument);
  const goOn = (): void => {
    let isRoom = true;
    while (isRoom && left > 0) {
      const length = Math.min(left, BLOCK_BYTES);
      left -= length;
      isRoom = socket.write(length === BLOCK_BYTES ? BLOCK : BLOCK.subarray(0, length));
    }
    if (left === 0) socket.end();
    else socket.once("drain", goOn);
  };
  socket.resume();
  goOn();
}

function relay(socket: Socket): void {
  const other = connect({
    port: Number(argument),
    host: "127.0.0.1",
    noDelay,
    allowHalfOpen: true,
  });
  other.on("error", () => socket.destroy());
  socket.on("error", () => other.destroy());
  socket.pipe(other);
  other.pipe(socket);
}

const BLOCK = fixedBytes(BLOCK_BYTES);

const services: Readonly<Record<string, (socket: Socket) => void>> = {
  echo,
  timer: echo,
  small: answerSmall,
  sink,
  source,
  relay,
};
const service = services[mode];
if (service === undefined) throw new RangeError(`there is no mode ${mode}`);
if (mode === "timer") watchTimer();
const allowHalfOpen = mode === "sink" || mode === "relay";
const server = createServer({ noDelay, allowHalfOpen }, (socket) => {
  socket.on("error", () => socket.destroy());
  service(socket);
});
server.listen({ port: Number(port), host: "127.0.0.1", backlog: 4096 });
