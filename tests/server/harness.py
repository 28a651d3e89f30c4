"""What the server tests share: the host program, raw sockets, counting."""
import json
import socket
import subprocess
import sys
import tempfile
import time
import traceback


class Host:
    """The test host as a process; its port, its memory."""

    def __init__(self, *options):
        self.log = tempfile.TemporaryFile("w+")
        self.process = subprocess.Popen([sys.argv[1], *options], text=True, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, stderr=self.log)
        self.port, self.pid, self.sanitized = map(int, self.process.stdout.readline().split())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        code = self.process.wait(20)
        if code != 0:
            self.log.seek(0)
            raise AssertionError(f"host ended with {code}: {self.log.read()[-4000:]}")

    def records(self):
        self.log.flush()
        self.log.seek(0)
        return [json.loads(line) for line in self.log if line.startswith("{")]

    def rss_kib(self):
        with open(f"/proc/{self.pid}/status") as status:
            return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))

    def grew_less(self, before_kib, most_kib):
        """Its memory, since; not looked at where a sanitizer adds its own."""
        return self.sanitized or self.rss_kib() - before_kib < most_kib

    def connect(self, timeout=5):
        return socket.create_connection(("127.0.0.1", self.port), timeout)

    def raw(self, data, timeout=5):
        """All bytes that come back until the peer closes (self.closed) or is silent."""
        with self.connect(timeout) as s:
            s.sendall(data)
            got, self.closed = read_all(s, timeout)
            return got

    def get(self, path, headers="", method="GET", body=b""):
        head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
        if body:
            head += f"Content-Length: {len(body)}\r\n"
        return Answer(self.raw((head + headers + "\r\n").encode() + body))


def read_all(s, timeout=5):
    """Bytes, and whether the peer closed."""
    got = b""
    s.settimeout(timeout)
    try:
        while chunk := s.recv(65536):
            got += chunk
    except TimeoutError:
        return got, False
    except ConnectionResetError:
        pass
    return got, True


class Answer:
    def __init__(self, raw):
        self.raw = raw
        head, _, self.body = raw.partition(b"\r\n\r\n")
        lines = head.decode("latin1").split("\r\n")
        self.status = int(lines[0].split()[1]) if raw else 0
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(": ")
            self.headers.setdefault(name.lower(), value)

    def json(self):
        return json.loads(self.body)

    def __getitem__(self, name):
        return self.headers.get(name.lower())


def until(condition, seconds=5):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return bool(condition())


def main(tests):
    """Run functions named test_*; exit 1 if one fails."""
    failed = 0
    for name, test in sorted(tests.items()):
        if not name.startswith("test_"):
            continue
        start = time.monotonic()
        try:
            test()
            print(f"ok   {name} ({time.monotonic() - start:.2f} s)", flush=True)
        except Exception:
            failed += 1
            traceback.print_exc()
            print(f"FAIL {name}", flush=True)
    sys.exit(1 if failed else 0)
