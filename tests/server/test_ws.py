#!/usr/bin/env python3
"""WebSockets: the handshake, frames, pings, closing, limits."""
import os
import ssl
import struct
import tempfile
import time

from harness import Answer, Host, main, until

KEY = "dGhlIHNhbXBsZSBub25jZQ=="
HANDSHAKE = (f"GET /v1/ws HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: keep-alive, Upgrade\r\n"
             f"Sec-WebSocket-Key: {KEY}\r\nSec-WebSocket-Version: 13\r\n")


class Socket:
    def __init__(self, host, extra="", early=b"", wrap=None):
        self.s = host.connect()
        if wrap:
            self.s = wrap(self.s)
        self.s.sendall((HANDSHAKE + extra + "\r\n").encode() + early)
        self.got = b""
        while b"\r\n\r\n" not in self.got:
            chunk = self.s.recv(4096)
            assert chunk, self.got
            self.got += chunk
        self.head, self.got = self.got.split(b"\r\n\r\n", 1)

    def send(self, opcode, data=b"", fin=True, mask=True, rsv=0):
        self.s.sendall(frame(opcode, data, fin, mask, rsv))

    def take(self, n):
        while len(self.got) < n:
            chunk = self.s.recv(65536)
            if not chunk:
                raise EOFError
            self.got += chunk
        out, self.got = self.got[:n], self.got[n:]
        return out

    def recv(self):
        a, b = self.take(2)
        assert not b & 128, "the server must not mask"
        n = b & 127
        if n >= 126:
            n = int.from_bytes(self.take(2 if n == 126 else 8), "big")
        return a & 15, self.take(n)

    def closed_with(self):
        while True:
            opcode, data = self.recv()
            if opcode == 8:
                return struct.unpack(">H", data[:2])[0] if data else 1005


def frame(opcode, data=b"", fin=True, mask=True, rsv=0):
    head = bytes([fin << 7 | rsv << 4 | opcode])
    size = len(data)
    head += bytes([mask << 7 | (size if size < 126 else 126 if size < 65536 else 127)])
    if size >= 126:
        head += size.to_bytes(2 if size < 65536 else 8, "big")
    if not mask:
        return head + data
    key = os.urandom(4)
    return head + key + bytes(b ^ key[i % 4] for i, b in enumerate(data))


def test_echo():
    with Host("quiet=1") as host:
        ws = Socket(host)
        assert b"101" in ws.head and b"Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in ws.head, ws.head
        for data in (b"", b"hello", "äöü€😀".encode(), b"x" * 125, b"x" * 126, b"x" * 65535, b"x" * 65536):
            ws.send(1, data)
            assert ws.recv() == (1, data)
        ws.send(2, bytes(range(256)))
        assert ws.recv() == (2, bytes(range(256)))
        ws.send(1, b"one ", fin=False)
        ws.send(9, b"ping")
        ws.send(0, b"two ", fin=False)
        ws.send(0, b"three")
        assert ws.recv() == (10, b"ping")
        assert ws.recv() == (1, b"one two three")
        early = Socket(host, early=frame(1, b"early"))
        assert early.recv() == (1, b"early")
        slow = Socket(host)
        for byte in frame(1, b"slowly"):
            slow.s.sendall(bytes([byte]))
        assert slow.recv() == (1, b"slowly")


def test_closing():
    with Host("quiet=1") as host:
        ws = Socket(host)
        ws.send(8, struct.pack(">H", 1000) + b"bye")
        assert ws.closed_with() == 1000
        assert ws.s.recv(10) == b""
        ws = Socket(host)
        ws.send(1, b"close")
        assert ws.closed_with() == 4001
        ws.send(8, struct.pack(">H", 4001))
        assert ws.s.recv(10) == b""
        gone = Socket(host)
        gone.s.close()
        assert until(lambda: b"stemma_ws_open 0\n" in host.get("/metrics").body)
        left = Socket(host)
        left.send(1, b"there")
        assert left.recv() == (1, b"there")
    assert left.closed_with() == 1001


def test_wrong_frames():
    table = {
        1002: [(3, b""), (11, b""), (1, b"x", True, True, 4), (0, b"x"), (9, b"x" * 126), (9, b"", False),
               (8, b"x"), (8, struct.pack(">H", 999)), (8, struct.pack(">H", 1005))],
        1007: [(1, b"\xff"), (1, b"\xc0\x80"), (1, b"\xed\xa0\x80"), (1, b"\xf4\x90\x80\x80"), (1, b"\xe2\x82")],
        1009: [(1, b"x" * 65537), (2, b"x" * 100000)],
    }
    with Host("quiet=1") as host:
        for code, frames in table.items():
            for one in frames:
                ws = Socket(host)
                ws.send(*one)
                got = ws.closed_with()
                # wslay closes with an empty frame where the frame's head is wrong
                wanted = (1002, 1005, 1007) if one[0] == 8 else (code, 1005) if one[0] == 9 else (code,)
                assert got in wanted, (code, got, one[0], one[1][:9])
        ws = Socket(host)
        ws.send(1, b"a" * 40000, fin=False)
        ws.send(0, b"a" * 40000)
        assert ws.closed_with() == 1009
        ws = Socket(host)
        ws.send(1, b"unmasked", mask=False)
        assert ws.closed_with() in (1002, 1005)


def test_ping_and_silence():
    with Host("quiet=1", "ping=300") as host:
        ws = Socket(host)
        for _ in range(4):
            assert ws.recv()[0] == 9
            ws.send(10)
        silent = Socket(host)
        start = time.monotonic()
        try:
            while True:
                silent.recv()
        except (EOFError, ConnectionResetError):
            pass
        assert 0.4 < time.monotonic() - start < 5


def test_slow_peer():
    with Host("quiet=1") as host:
        before = host.rss_kib()
        ws = Socket(host)
        ws.send(1, b"flood")  # 32 MiB that nobody reads
        assert until(lambda: b"stemma_ws_open 0\n" in host.get("/metrics").body)
        assert b"stemma_ws_dropped_total 1\n" in host.get("/metrics").body
        assert host.grew_less(before, 8192)
        assert Socket(host).head


def test_handshake():
    with Host("quiet=1") as host:
        def ask(text):
            return Answer(host.raw((text + "Connection: close\r\n" * 0 + "\r\n").encode(), 0.5))
        a = ask(HANDSHAKE.replace("Version: 13", "Version: 8"))
        assert a.status == 426 and a["sec-websocket-version"] == "13", a.raw
        assert ask(HANDSHAKE.replace(KEY, "short")).status == 426
        assert ask(HANDSHAKE.replace("Upgrade: websocket", "Upgrade: other")).status == 426
        assert ask("GET /v1/ws HTTP/1.1\r\nHost: localhost\r\n").status == 426
        assert ask(HANDSHAKE + "Origin: https://evil.example\r\n").status == 403
        for origin in ("http://localhost", "https://friend.example"):
            assert b"101" in Socket(host, f"Origin: {origin}\r\n").head


def test_tls_socket():
    with tempfile.TemporaryDirectory() as home, Host("quiet=1", f"tls={home}/t") as host:
        context = ssl.create_default_context(cafile=f"{home}/t/cert.pem")
        ws = Socket(host, wrap=lambda s: context.wrap_socket(s, server_hostname="localhost"))
        for data in (b"hello", b"x" * 60000):
            ws.send(1, data)
            assert ws.recv() == (1, data)
        ws.send(8, struct.pack(">H", 1000))
        assert ws.closed_with() == 1000


if __name__ == "__main__":
    main(globals())
