// bun-server.js MODE PORT [BYTES]: servers on Bun.listen. What the kernel did not take is kept.
const [mode, port, argument] = process.argv.slice(2);
const REQUEST_BYTES = 64;
const BLOCK = Uint8Array.from({ length: 65_536 }, (_, i) => 31 * i + (i >> 8));
const PIECES = Array.from({ length: 10 }, (_, piece) => BLOCK.slice(32 * piece, 32 * piece + 32));

/** False when the rest has to wait for `drain`. */
function put(socket, data) {
  const { waiting } = socket.data;
  const taken = waiting.length > 0 ? 0 : Math.max(socket.write(data), 0);
  if (taken === data.length) return true;
  waiting.push(Buffer.from(data.subarray(taken)));
  return false;
}

function drain(socket) {
  const { waiting } = socket.data;
  while (waiting.length > 0) {
    const taken = Math.max(socket.write(waiting[0]), 0);
    if (taken < waiting[0].length) {
      waiting[0] = waiting[0].subarray(taken);
      return;
    }
    waiting.shift();
  }
  if (socket.data.isEnding) socket.end();
  else if (mode === "source") goOn(socket);
}

/** Sends what is left, as far as the kernel takes it. */
function goOn(socket) {
  const { data } = socket;
  while (data.left > 0) {
    const length = Math.min(data.left, BLOCK.length);
    data.left -= length;
    if (!put(socket, length === BLOCK.length ? BLOCK : BLOCK.subarray(0, length))) return;
  }
  socket.end();
}

const receive = {
  echo: put,
  small(socket, data) {
    socket.data.unanswered += data.length;
    while (socket.data.unanswered >= REQUEST_BYTES) {
      socket.data.unanswered -= REQUEST_BYTES;
      for (const piece of PIECES) put(socket, piece);
    }
  },
  sink(socket, data) {
    socket.data.count += data.length;
  },
  source() {},
}[mode];

Bun.listen({
  hostname: "127.0.0.1",
  port: Number(port),
  allowHalfOpen: mode === "sink",
  socket: {
    open(socket) {
      socket.data = {
        waiting: [],
        count: 0,
        unanswered: 0,
        left: Number(argument),
        isEnding: false,
      };
      socket.setNoDelay(true);
      if (mode === "source") goOn(socket);
    },
    data: receive,
    drain,
    end(socket) {
      if (mode === "sink") put(socket, Buffer.from(String(socket.data.count)));
      if (socket.data.waiting.length > 0) socket.data.isEnding = true;
      else socket.end();
    },
    close() {},
    error() {},
  },
});
