// deno-server.js MODE PORT [BYTES, or PORT behind a relay]: servers on Deno.listen.
const [mode, port, argument] = Deno.args;
const REQUEST_BYTES = 64;
const BLOCK = Uint8Array.from({ length: 65_536 }, (_, i) => 31 * i + (i >> 8));
const PIECES = Array.from({ length: 10 }, (_, piece) => BLOCK.slice(32 * piece, 32 * piece + 32));

async function put(conn, data) {
  let taken = 0;
  while (taken < data.length) taken += await conn.write(taken === 0 ? data : data.subarray(taken));
}

/** Calls back with each chunk, in a buffer that is used again. */
async function eachChunk(conn, use) {
  const buffer = new Uint8Array(65_536);
  for (;;) {
    const length = await conn.read(buffer);
    if (length === null) return;
    await use(buffer.subarray(0, length));
  }
}

async function pump(from, to) {
  await eachChunk(from, (data) => put(to, data));
  await to.closeWrite().catch(() => {});
}

const services = {
  async echo(conn) {
    await eachChunk(conn, (data) => put(conn, data));
  },
  async small(conn) {
    let unanswered = 0;
    await eachChunk(conn, async (data) => {
      unanswered += data.length;
      while (unanswered >= REQUEST_BYTES) {
        unanswered -= REQUEST_BYTES;
        for (const piece of PIECES) await put(conn, piece);
      }
    });
  },
  async sink(conn) {
    let count = 0;
    await eachChunk(conn, (data) => {
      count += data.length;
    });
    await put(conn, new TextEncoder().encode(String(count)));
  },
  async source(conn) {
    for (let left = Number(argument); left > 0; left -= Math.min(left, BLOCK.length)) {
      await put(conn, left < BLOCK.length ? BLOCK.subarray(0, left) : BLOCK);
    }
  },
  async relay(conn) {
    const other = await Deno.connect({ hostname: "127.0.0.1", port: Number(argument) });
    other.setNoDelay(true);
    await Promise.all([pump(conn, other), pump(other, conn)]);
    other.close();
  },
};

async function serve(conn) {
  try {
    conn.setNoDelay(true);
    await services[mode](conn);
  } catch {
    // The client left.
  }
  try {
    conn.close();
  } catch {
    // It is closed already.
  }
}

for await (const conn of Deno.listen({ hostname: "127.0.0.1", port: Number(port) })) serve(conn);
