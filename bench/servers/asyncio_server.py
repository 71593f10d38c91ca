"""asyncio_server.py asyncio|uvloop MODE PORT [BYTES, or PORT behind a relay]: asyncio protocols."""

import asyncio
import sys

loop_name, mode, port = sys.argv[1], sys.argv[2], int(sys.argv[3])
argument = int(sys.argv[4]) if len(sys.argv) > 4 and sys.argv[4] else 0
if loop_name == "uvloop":
    import uvloop

    uvloop.install()

REQUEST_BYTES = 64
BLOCK = bytes((31 * i + (i >> 8)) & 255 for i in range(65536))
PIECES = [BLOCK[32 * piece : 32 * piece + 32] for piece in range(10)]


class Echo(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.transport.write(data)


class Small(Echo):
    unanswered = 0

    def data_received(self, data):
        self.unanswered += len(data)
        while self.unanswered >= REQUEST_BYTES:
            self.unanswered -= REQUEST_BYTES
            for piece in PIECES:
                self.transport.write(piece)


class Sink(Echo):
    count = 0

    def data_received(self, data):
        self.count += len(data)

    def eof_received(self):
        self.transport.write(str(self.count).encode())
        self.transport.close()
        return True


class Source(Echo):
    left = argument
    is_paused = False

    def connection_made(self, transport):
        self.transport = transport
        self.go_on()

    def go_on(self):
        while self.left > 0 and not self.is_paused and not self.transport.is_closing():
            length = min(self.left, len(BLOCK))
            self.left -= length
            self.transport.write(BLOCK if length == len(BLOCK) else BLOCK[:length])
        if self.left == 0:
            self.transport.close()

    def pause_writing(self):
        self.is_paused = True

    def resume_writing(self):
        self.is_paused = False
        self.go_on()

    def data_received(self, data):
        pass


class Side(asyncio.Protocol):
    """One side of a relay."""

    other = None

    def connection_made(self, transport):
        self.transport = transport

    def data_received(self, data):
        self.other.transport.write(data)

    def pause_writing(self):
        self.other.transport.pause_reading()

    def resume_writing(self):
        self.other.transport.resume_reading()

    def eof_received(self):
        self.other.transport.write_eof()
        return True

    def connection_lost(self, error):
        if self.other is not None:
            self.other.transport.close()


class Relay(Side):
    """What comes before the other side is there waits: a pause in connection_made is not kept."""

    def connection_made(self, transport):
        self.transport = transport
        self.early = []
        self.has_ended = False
        self.connecting = asyncio.ensure_future(self.connect())

    async def connect(self):
        loop = asyncio.get_running_loop()
        _, other = await loop.create_connection(Side, "127.0.0.1", argument)
        other.other = self
        self.other = other
        for data in self.early:
            other.transport.write(data)
        if self.has_ended:
            other.transport.write_eof()
        if self.transport.is_closing():
            other.transport.close()

    def data_received(self, data):
        if self.other is None:
            self.early.append(data)
        else:
            self.other.transport.write(data)

    def eof_received(self):
        self.has_ended = True
        return super().eof_received() if self.other is not None else True


FACTORIES = {"echo": Echo, "small": Small, "sink": Sink, "source": Source, "relay": Relay}


async def main():
    loop = asyncio.get_running_loop()
    server = await loop.create_server(FACTORIES[mode], "127.0.0.1", port, backlog=4096)
    await server.serve_forever()


asyncio.run(main())
