#!/usr/bin/env python3
"""Event streams: topics, replay, reset, beats, slow clients, a thousand idle ones."""
import json
import re
import resource
import time

from harness import Host, main, until


class Stream:
    def __init__(self, host, topics="a", last=None):
        self.s = host.connect(10)
        extra = f"Last-Event-ID: {last}\r\n" if last is not None else ""
        self.s.sendall(f"GET /v1/events?topics={topics} HTTP/1.1\r\nHost: localhost\r\n{extra}\r\n".encode())
        self.text = ""

    def wait(self, pattern, seconds=5):
        """The text so far, once it holds the pattern."""
        self.s.settimeout(0.1)
        end = time.monotonic() + seconds
        while not re.search(pattern, self.text) and time.monotonic() < end:
            try:
                chunk = self.s.recv(65536)
                if not chunk:
                    break
                self.text += re.sub(r"\r\n[0-9a-fA-F]+\r\n|\r\n$", "", chunk.decode())
            except TimeoutError:
                pass
            except ConnectionResetError:
                break
        assert re.search(pattern, self.text), (pattern, self.text[-2000:])
        return self.text

    def ids(self):
        return [int(i) for i in re.findall(r"^id: (\d+)", self.text, re.M)]


def say(host, topic, data, times=1, event="news"):
    body = json.dumps({"topic": topic, "event": event, "data": data, "times": times}).encode()
    a = host.get("/v1/say", "Content-Type: application/json\r\n", "POST", body)
    assert a.status == 204, a.raw


def gauge(host, name):
    return float(re.search(rf"^{name} (\S+)$", host.get("/metrics").body.decode(), re.M)[1])


def test_topics():
    with Host("quiet=1") as host:
        one, two = Stream(host, "a"), Stream(host, "a,b")
        head = one.wait("retry: 2000\n\n")
        assert "text/event-stream" in head and "X-Accel-Buffering: no" in head and "no-store" in head, head
        two.wait("retry:")
        say(host, "b", "only two")
        say(host, "a", "line 1\nline 2")
        one.wait("event: news\ndata: line 1\ndata: line 2\n\n")
        two.wait("line 2\n\n")
        assert "only two" in two.text and "only two" not in one.text
        ids = two.ids()
        assert len(ids) == 2 and ids[1] == ids[0] + 1, ids
        assert gauge(host, "stemma_sse_open") == 2
        assert host.get("/v1/events?topics=" + ",".join("abcdefghijklmnopqrst")).status == 422
        assert host.get("/v1/events").status == 422


def test_replay():
    with Host("quiet=1", "ring=8") as host:
        stream = Stream(host)
        stream.wait("retry")
        for i in range(4):
            say(host, "a", f"event {i}")
        stream.wait("event 3")
        first = stream.ids()[0]
        again = Stream(host, "a", first)
        again.wait("event 3")
        assert "event 0" not in again.text and "event: reset" not in again.text
        assert again.ids() == [first + 1, first + 2, first + 3]
        none = Stream(host, "a", first + 3)
        none.wait("retry")
        assert "event 3" not in none.text and "reset" not in none.text
        say(host, "a", "later", 8)
        for last in (first, 1, first + 1000, "nonsense", "-1"):
            lost = Stream(host, "a", last)
            lost.wait("event: reset\ndata: {}\n\n")
            say(host, "a", "fresh")
            lost.wait("fresh")


def test_beat_and_leaving():
    with Host("quiet=1", "beat=200") as host:
        stream = Stream(host)
        start = time.monotonic()
        stream.wait(r"(?s):\n\n.*:\n\n.*:\n\n")
        assert 0.3 < time.monotonic() - start < 5
        stream.s.close()
        assert until(lambda: gauge(host, "stemma_sse_open") == 0)


def test_slow_client():
    """A client that does not read is dropped when the ring passes it; nothing is queued for it."""
    with Host("quiet=1", "ring=64", "stall=3000") as host:
        slow, fast = Stream(host), Stream(host)
        slow.wait("retry")
        fast.wait("retry")
        say(host, "a", "x" * 1000, 60)
        before = host.rss_kib()
        for _ in range(200):
            say(host, "a", "y" * 60000, 8)
            fast.s.settimeout(0)
            try:
                while fast.s.recv(1 << 20):
                    pass
            except BlockingIOError:
                pass
        assert host.grew_less(before, 16 << 10), host.rss_kib() - before
        assert until(lambda: gauge(host, "stemma_sse_open") <= 1, 8)


def test_thousand_idle():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (min(hard, 4096), hard))
    with Host("quiet=1", "per_ip=3000", "beat=1000") as host:
        host.get("/v1/items/a")
        before = host.rss_kib()
        streams = [Stream(host) for _ in range(1000)]
        for stream in streams:
            stream.wait("retry", 20)
        assert gauge(host, "stemma_sse_open") == 1000
        time.sleep(1.2)  # a beat has gone through all of them
        each = (host.rss_kib() - before) / 1000
        with open(f"/proc/{host.pid}/status") as status:
            threads = next(int(line.split()[1]) for line in status if line.startswith("Threads"))
        start = time.monotonic()
        say(host, "a", "to all")
        for stream in streams:
            stream.wait("to all")
        spent = time.monotonic() - start
        print(f"     {each:.1f} KiB a client, {threads} threads, one event to all in {spent * 1000:.0f} ms")
        assert each <= 40 or host.sanitized, each
        assert threads < 20, threads
        for stream in streams:
            stream.s.close()
        assert until(lambda: gauge(host, "stemma_sse_open") == 0, 10)


if __name__ == "__main__":
    main(globals())
