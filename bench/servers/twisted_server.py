"""twisted_server.py MODE PORT [BYTES, or PORT behind a relay]: Twisted protocols."""

import sys

from twisted.internet import epollreactor

epollreactor.install()

from twisted.internet import protocol, reactor  # noqa: E402
from twisted.internet.interfaces import IHalfCloseableProtocol, IPushProducer  # noqa: E402
from zope.interface import implementer  # noqa: E402

mode, port = sys.argv[1], int(sys.argv[2])
argument = int(sys.argv[3]) if len(sys.argv) > 3 and sys.argv[3] else 0

REQUEST_BYTES = 64
BLOCK = bytes((31 * i + (i >> 8)) & 255 for i in range(65536))
PIECES = [BLOCK[32 * piece : 32 * piece + 32] for piece in range(10)]


class Echo(protocol.Protocol):
    def connectionMade(self):
        self.transport.setTcpNoDelay(True)

    def dataReceived(self, data):
        self.transport.write(data)


class Small(Echo):
    unanswered = 0

    def dataReceived(self, data):
        self.unanswered += len(data)
        while self.unanswered >= REQUEST_BYTES:
            self.unanswered -= REQUEST_BYTES
            for piece in PIECES:
                self.transport.write(piece)


@implementer(IHalfCloseableProtocol)
class Sink(Echo):
    count = 0

    def dataReceived(self, data):
        self.count += len(data)

    def readConnectionLost(self):
        self.transport.write(str(self.count).encode())
        self.transport.loseConnection()

    def writeConnectionLost(self):
        pass


@implementer(IPushProducer)
class Source(Echo):
    left = argument
    is_paused = False

    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        self.transport.registerProducer(self, True)
        self.transport.loseConnection()
        self.resumeProducing()

    def resumeProducing(self):
        self.is_paused = False
        while self.left > 0 and not self.is_paused:
            length = min(self.left, len(BLOCK))
            self.left -= length
            self.transport.write(BLOCK if length == len(BLOCK) else BLOCK[:length])
        if self.left == 0:
            self.transport.unregisterProducer()

    def pauseProducing(self):
        self.is_paused = True

    def stopProducing(self):
        self.is_paused = True

    def dataReceived(self, data):
        pass


@implementer(IHalfCloseableProtocol)
class Side(protocol.Protocol):
    """One side of a relay; each is the producer of the other."""

    other = None

    def connectionMade(self):
        self.transport.setTcpNoDelay(True)

    def dataReceived(self, data):
        self.other.transport.write(data)

    def readConnectionLost(self):
        self.other.transport.unregisterProducer()
        self.other.transport.loseWriteConnection()

    def writeConnectionLost(self):
        pass

    def connectionLost(self, reason):
        if self.other is not None:
            self.other.transport.unregisterProducer()
            self.other.transport.loseConnection()


class Relay(Side):
    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        self.transport.pauseProducing()
        factory = protocol.ClientFactory()
        factory.noisy = False
        factory.buildProtocol = lambda address: Behind(self)
        reactor.connectTCP("127.0.0.1", argument, factory)


class Behind(Side):
    def __init__(self, first):
        self.other = first

    def connectionMade(self):
        self.transport.setTcpNoDelay(True)
        self.other.other = self
        self.transport.registerProducer(self.other.transport, True)
        self.other.transport.registerProducer(self.transport, True)
        self.other.transport.resumeProducing()


PROTOCOLS = {"echo": Echo, "small": Small, "sink": Sink, "source": Source, "relay": Relay}

factory = protocol.Factory()
factory.protocol = PROTOCOLS[mode]
factory.noisy = False
reactor.listenTCP(port, factory, backlog=4096, interface="127.0.0.1")
reactor.run()
