#!/usr/bin/env python3
"""Large bodies both ways in little memory, slow peers, limits, TLS."""
import os
import socket
import ssl
import stat
import subprocess
import tempfile
import threading
import time

from harness import Answer, Host, main, read_all, until

BLOCK = b"x" * (1 << 20)


def put(host, path, mebibytes):
    with host.connect(30) as s:
        s.sendall(f"PUT {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                  f"Content-Length: {mebibytes << 20}\r\n\r\n".encode())
        for _ in range(mebibytes):
            s.sendall(BLOCK)
        return Answer(read_all(s, 30)[0])


def test_large_upload():
    with Host("quiet=1") as host:
        put(host, "/v1/sink", 1)
        before = host.rss_kib()
        assert put(host, "/v1/sink", 512).json() == {"bytes": 512 << 20}
        grown = host.rss_kib() - before
        print(f"     512 MiB up: +{grown} KiB")
        assert host.grew_less(before, 4096), grown


def test_back_pressure():
    """A handler that sleeps: 8 MiB come whole, never more than a socket buffer in memory."""
    with Host("quiet=1") as host:
        before = host.rss_kib()
        assert put(host, "/v1/lazy", 8).json() == {"bytes": 8 << 20}
        assert host.grew_less(before, 4096)


def test_large_download():
    with Host("quiet=1") as host:
        for known in ("true", "false"):
            before = host.rss_kib()
            got = 0
            with host.connect(30) as s:
                s.sendall(f"GET /v1/pour?bytes={256 << 20}&known={known} HTTP/1.1\r\nHost: localhost\r\n"
                          "Connection: close\r\n\r\n".encode())
                while chunk := s.recv(1 << 20):
                    got += len(chunk)
            assert got > 256 << 20 and host.grew_less(before, 4096), (got, known)


def test_answer_before_the_end():
    with Host("quiet=1") as host:
        a = host.get("/v1/sink", method="PUT", body=b"!" + b"x" * 500000)
        assert a.status == 422, a.raw
        with host.connect() as s:  # more than is drained: cut off
            s.sendall(b"PUT /v1/sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n!")
            try:
                for _ in range(99):
                    s.sendall(BLOCK)
                raise AssertionError("never cut off")
            except (BrokenPipeError, ConnectionResetError):
                pass


def closed_after(host, data, drip=b"", most=6):
    start = time.monotonic()
    with host.connect(most) as s:
        s.sendall(data)
        s.settimeout(0.1)
        while time.monotonic() - start < most:
            try:
                if not s.recv(4096):
                    return time.monotonic() - start
            except TimeoutError:
                pass
            except ConnectionResetError:
                return time.monotonic() - start
            try:
                s.sendall(drip)
            except (BrokenPipeError, ConnectionResetError):
                return time.monotonic() - start
    raise AssertionError("still open")


def test_slow_peers():
    """A drop of bytes now and then keeps no connection: headers, bodies, silence."""
    with Host("quiet=1", "header=800", "idle=600", "rate=1000", "stall=60000") as host:
        head = b"GET /v1/items/a HTTP/1.1\r\nHost: localhost\r\n"
        assert 0.7 < closed_after(host, head, b"X") < 5
        assert 0.7 < closed_after(host, b"GE", b"T") < 5
        assert 0.7 < closed_after(host, b"") < 5
        assert 0.5 < closed_after(host, head + b"\r\n") < 5
        body = b"PUT /v1/sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999\r\n\r\n"
        assert 0.7 < closed_after(host, body, b"x") < 5
        assert host.get("/v1/slow?ms=1500").status == 204  # our own slowness is no fault of the peer


def test_per_ip():
    with Host("quiet=1", "per_ip=3") as host:
        held = [host.connect() for _ in range(3)]
        time.sleep(0.1)
        assert host.get("/v1/items/a").raw == b""
        for s in held:
            s.close()
        assert until(lambda: host.get("/v1/items/a").raw != b"")


def test_stop_under_load():
    """The host ends well while requests wait, stream and upload."""
    with Host("quiet=1") as host:
        held = []
        for line in (b"GET /v1/events?topics=a", b"GET /v1/slow?ms=300", b"GET /v1/pour?bytes=999999999",
                     b"PUT /v1/lazy"):
            s = host.connect()
            more = b"Content-Length: 9999999\r\n\r\n" + b"x" * 99999 if b"PUT" in line else b"\r\n"
            s.sendall(line + b" HTTP/1.1\r\nHost: localhost\r\n" + more)
            held.append(s)
        time.sleep(0.1)


def test_parallel():
    with Host("quiet=1") as host:
        bad = []

        def work(at):
            for i in range(20):
                path = f"/v1/items/{at}-{i}" if i % 4 else "/v1/slow?ms=5"
                if host.get(path).status not in (200, 204):
                    bad.append(path)
        threads = [threading.Thread(target=work, args=(i,)) for i in range(16)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        assert not bad, bad


def test_tls():
    with tempfile.TemporaryDirectory() as home:
        folder = home + "/tls"
        with Host("quiet=1", "tls=" + folder) as host:
            for name in ("cert.pem", "key.pem"):
                assert stat.S_IMODE(os.stat(f"{folder}/{name}").st_mode) == 0o600
            assert stat.S_IMODE(os.stat(folder).st_mode) == 0o700
            curl = ["curl", "-sS", "--cacert", folder + "/cert.pem", "--max-time", "10"]
            for name in ("localhost", "127.0.0.1"):
                done = subprocess.run([*curl, f"https://{name}:{host.port}/v1/items/a"], capture_output=True)
                assert b'"id":"a"' in done.stdout, done
            done = subprocess.run([*curl, "--resolve", f"evil.test:{host.port}:127.0.0.1",
                                   f"https://evil.test:{host.port}/v1/items/a"], capture_output=True)
            assert done.returncode == 60, done  # not one of its names
            context = ssl.create_default_context(cafile=folder + "/cert.pem")

            def cert():
                with context.wrap_socket(socket.create_connection(("127.0.0.1", host.port)),
                                         server_hostname="studio.test") as s:
                    assert s.version() in ("TLSv1.2", "TLSv1.3")
                    return s.getpeercert(), s.getpeercert(True)
            first, raw = cert()
            names = {value for _, value in first["subjectAltName"]}
            assert {"localhost", "127.0.0.1", "studio.test", "192.0.2.7"} <= names, names
            big = subprocess.run([*curl, f"https://localhost:{host.port}/v1/pour?bytes=9000000"], capture_output=True)
            assert len(big.stdout) == 9000000
            # another certificate, without a restart
            with tempfile.TemporaryDirectory() as other, Host("quiet=1", f"tls={other}/t"):
                for name in ("cert.pem", "key.pem"):
                    os.replace(f"{other}/t/{name}", f"{folder}/{name}")
            host.process.stdin.write("reload\n")
            host.process.stdin.flush()
            assert host.process.stdout.readline() == "reloaded\n"
            context = ssl.create_default_context(cafile=folder + "/cert.pem")
            assert cert()[1] != raw
            old = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
            old.check_hostname, old.verify_mode = False, ssl.CERT_NONE
            old.set_ciphers("ECDHE-ECDSA-AES128-SHA")  # CBC: not spoken
            old.maximum_version = ssl.TLSVersion.TLSv1_2
            try:
                old.wrap_socket(socket.create_connection(("127.0.0.1", host.port)))
                raise AssertionError("CBC was spoken")
            except (ssl.SSLError, ConnectionResetError):
                pass


if __name__ == "__main__":
    main(globals())
