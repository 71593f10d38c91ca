"""Sends every descriptor it is sent back, EACH of them in one message, and tells how many it kept.

usage: descriptor-peer.py PATH EACH
"""

import os
import socket
import sys


def open_count():
    return len(os.listdir("/proc/self/fd"))


def main():
    path, each = sys.argv[1], int(sys.argv[2])
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.connect(path)
        before = open_count()
        held = []
        while True:
            data, fds, flags, _ = socket.recv_fds(peer, 65536, 253)
            if flags & socket.MSG_CTRUNC:
                sys.exit("descriptors were cut off")
            if not data:
                break
            held += fds
            while len(held) >= each:
                socket.send_fds(peer, [b"x" * each], held[:each])
                for fd in held[:each]:
                    os.close(fd)
                held = held[each:]
        print(open_count() - before)


main()
