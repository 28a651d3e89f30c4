#!/usr/bin/env python3
"""What is answered: routes, parameters, sites, conditions, ranges, gzip, the document, the metrics."""
import gzip
import json
import re
import subprocess
import sys
import tempfile
import time

from harness import Host, main, until


def test_routes():
    with Host("quiet=1") as host:
        a = host.get("/v1/items/caf%C3%A9?count=7&deep=true&kind=wav")
        assert a.json() == {"id": "café", "count": 7, "deep": True}, a.raw
        assert host.get("/v1/items/a/b").status == 404
        assert host.get("/v1/items/").status == 404
        assert host.get("/v1/items").status == 404
        assert host.get("/rest/a/b%20c/d").body == b"a/b c/d"
        a = host.get("/v1/items/a", method="DELETE")
        assert a.status == 405 and a["allow"] == "GET, HEAD, OPTIONS", a.raw
        assert host.get("/v1/items/a", method="BREW").status == 501
        a = host.get("/v1/items/a", method="OPTIONS")
        assert a.status == 204 and a["allow"] == "GET, HEAD, OPTIONS"
        a, b = host.get("/v1/items/a"), host.get("/v1/items/a", method="HEAD")
        assert b.body == b"" and a["content-length"] == b["content-length"] and a["etag"] == b["etag"], b.raw
        assert host.get("/v1/secret").status == 401
        assert host.get("/v1/secret", "Authorization: Bearer x\r\n").status == 403
        assert host.get("/v1/secret", "Authorization: Bearer owner\r\n").status == 200
        assert host.get("/v1/slow?ms=30").status == 204


def test_problems():
    with Host("quiet=1") as host:
        a = host.get("/v1/items/a?count=101&deep=2&kind=mp3", "X-Request-Id: my-id.1\r\n")
        p = a.json()
        assert a.status == 422 and a["content-type"] == "application/problem+json"
        assert p["type"] == "urn:stemma:problem:not-valid" and p["request_id"] == "my-id.1" == a["x-request-id"]
        assert [e["pointer"] for e in p["errors"]] == ["/query/count", "/query/deep", "/query/kind"]
        for bad in ("0", "-1", "1e1", "", "99999999999999999999", "+1", "1 "):
            assert host.get(f"/v1/items/a?count={bad.replace(' ', '%20')}").status == 422, bad
        a = host.get("/v1/items/a", "X-Request-Id: no good\r\n")
        assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}",
                            a["x-request-id"]), a.raw
        trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
        assert host.get("/v1/items/a", f"traceparent: {trace}\r\n")["traceparent"] == trace
        assert host.get("/v1/items/a", "traceparent: 00-0-0-01\r\n")["traceparent"] is None


def test_json_bodies():
    kind = "Content-Type: application/json\r\n"
    with Host("quiet=1") as host:
        def post(body, headers=kind):
            return host.get("/v1/echo", headers, "POST", body)
        assert post(b'{"a": [1]}').json() == {"a": [1]}
        assert post(b'{"a": 1}', "Content-Type: Application/JSON; charset=utf-8\r\n").status == 200
        assert post(b'{"a": 1}', "Content-Type: text/plain\r\n").status == 415
        assert post(b'{"a": 1}', "").status == 415
        assert post(b'{"a": 1}', kind + "Content-Encoding: gzip\r\n").status == 415
        assert post(b'{"a": 1', kind).status == 400
        assert post(b'{"a": 1, "a": 2}').status == 400
        assert post(b"").status == 422
        assert post(b'"' + b"a" * 5000 + b'"').status == 413
        chunked = (b"POST /v1/echo HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                   b"Transfer-Encoding: chunked\r\n\r\n1388\r\n" + b"a" * 5000 + b"\r\n0\r\n\r\n")
        assert b" 413 " in host.raw(chunked, 2)[:20]
        assert host.get("/v1/items/a", method="GET", body=b"x").status == 413


def test_sites():
    with Host("quiet=1") as host:
        def ask(name, headers="", method="GET"):
            return host.raw(f"{method} /v1/items/a HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n{headers}\r\n"
                            .encode())[9:12]
        for name in ("localhost", "LOCALHOST:8600", "127.0.0.1:1", "[::1]:8600", "127.1.2.3"):
            assert ask(name) == b"200", name
        for name in ("evil.example", "localhost.evil.example", "10.0.0.1", "localhostx"):
            assert ask(name) == b"421", name
        for name in ("", "a:b", "a:0", "a:99999", "[::1", "a/b", "a@b"):
            assert ask(name) == b"400", name
        body = "Content-Type: application/json\r\n"

        def post(headers):
            return host.get("/v1/echo", body + headers, "POST", b"{}").status
        assert post("") == 200
        assert post("Origin: http://localhost\r\n") == 200
        assert post("Origin: https://friend.example\r\n") == 200
        for origin in ("http://evil.example", "null", "http://localhost:81", "localhost"):
            assert post(f"Origin: {origin}\r\n") == 403, origin
        assert post("Sec-Fetch-Site: cross-site\r\n") == 403
        a = host.get("/v1/items/a", "Origin: https://friend.example\r\n")
        assert a["access-control-allow-origin"] == "https://friend.example"
        assert host.get("/v1/items/a", "Origin: https://evil.example\r\n")["access-control-allow-origin"] is None
        a = host.get("/page")
        assert "default-src 'self'" in a["content-security-policy"] and a["x-content-type-options"] == "nosniff"
        assert a["cross-origin-opener-policy"] == "same-origin" and a["cross-origin-embedder-policy"] == "require-corp"


def test_conditions_and_gzip():
    with Host("quiet=1") as host:
        plain = host.get("/v1/text")
        zipped = host.get("/v1/text", "Accept-Encoding: gzip\r\n")
        assert zipped["content-encoding"] == "gzip" and gzip.decompress(zipped.body) == plain.body
        assert zipped["etag"] == "W/" + plain["etag"]
        for tag in (plain["etag"], zipped["etag"], "*", '"x", ' + plain["etag"]):
            a = host.get("/v1/text", f"If-None-Match: {tag}\r\n")
            assert a.status == 304 and a.body == b"", (tag, a.raw)
        assert host.get("/v1/text", 'If-None-Match: "x"\r\n').status == 200
        for accept, yes in (("br;q=1, gzip;q=0.5", 1), ("*", 1), ("gzip;q=0", 0), ("identity", 0), ("*;q=0", 0),
                            ("x-gzip", 1), ("gzip;q=0, *", 0), ("gzipx", 0)):
            a = host.get("/v1/text", f"Accept-Encoding: {accept}\r\n")
            assert (a["content-encoding"] == "gzip") == bool(yes), accept
        assert host.get("/v1/items/a", "Accept-Encoding: gzip\r\n")["content-encoding"] is None


def test_ranges():
    data = bytes(i % 251 for i in range(100000))
    with tempfile.NamedTemporaryFile() as file:
        file.write(data)
        file.flush()
        with Host("quiet=1", f"file={file.name}") as host:
            table = {"bytes=0-1": (0, 2), "bytes=0-": (0, 100000), "bytes=99999-": (99999, 100000),
                     "bytes=5-10": (5, 11), "bytes=-5": (99995, 100000), "bytes=-200000": (0, 100000),
                     "bytes=50000-999999999999999999999": (50000, 100000)}
            for text, (first, last) in table.items():
                a = host.get("/v1/file", f"Range: {text}\r\n")
                assert a.status == 206 and a.body == data[first:last], (text, a.status)
                assert a["content-range"] == f"bytes {first}-{last - 1}/100000", text
            for text in ("bytes=100000-", "bytes=-0", "bytes=999999999999999999999-"):
                a = host.get("/v1/file", f"Range: {text}\r\n")
                assert a.status == 416 and a["content-range"] == "bytes */100000" and a.body == b"", text
            for text in ("bytes=0-1,5-6", "bytes=5-4", "bytes=", "bytes=-", "items=0-1", "bytes=a-b", "bytes=1-2x"):
                a = host.get("/v1/file", f"Range: {text}\r\n")
                assert a.status == 200 and a.body == data, text
            part = "Range: bytes=0-9\r\n"
            assert host.get("/v1/file", part + 'If-Range: "file-1"\r\n').status == 206
            assert host.get("/v1/file", part + 'If-Range: "file-2"\r\n').status == 200
            assert host.get("/v1/file", part + 'If-Range: W/"file-1"\r\n').status == 200
            assert host.get("/v1/file", part + "If-Range: Sat, 01 Jan 2000 00:00:00 GMT\r\n").status == 200
            assert host.get("/v1/file", 'If-None-Match: "file-1"\r\n').status == 304
            a = host.get("/v1/file", part, "HEAD")
            assert a.status == 206 and a.body == b"" and a["content-length"] == "10", a.raw
            assert host.get("/v1/file")["accept-ranges"] == "bytes"


def test_openapi():
    done = subprocess.run([sys.argv[1], "openapi"], capture_output=True, text=True, check=True)
    doc = json.loads(done.stdout)
    rows = [line.split() for line in done.stderr.splitlines()]
    methods = ["get", "post", "put", "patch", "delete", "head", "options"]
    table = {(methods[int(m)], p.replace("*", ""), i) for m, p, i, flags in rows if not int(flags) & 8}
    said = {(m, p, op["operationId"]) for p, item in doc["paths"].items() for m, op in item.items()}
    assert table == said, table ^ said
    assert doc["openapi"] == "3.1.0"
    for path, item in doc["paths"].items():
        for op in item.values():
            named = {p["name"] for p in op["parameters"] if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path
    refs = set(re.findall(r'"#/components/schemas/(\w+)"', done.stdout))
    assert refs <= set(doc["components"]["schemas"]), refs
    assert doc["paths"]["/v1/secret"]["get"]["security"]


def test_metrics_and_log():
    with Host() as host:
        host.get("/v1/items/a")
        host.get("/v1/items/b")
        host.get("/nowhere")
        text = host.get("/metrics").body.decode()
        assert 'stemma_http_requests_total{route="/v1/items/{id}",method="GET",status="200"} 2\n' in text, text
        assert 'route="-",method="GET",status="404"} 1\n' in text
        line = re.compile(r'(# (HELP|TYPE) \w+ .+|\w+({(\w+="[^"\n]*",?)+})? -?[0-9.e+-]+|\w+({.*})? (\+Inf|NaN))')
        assert all(line.fullmatch(at) for at in text.splitlines()), text
        counts = [int(n) for n in re.findall(r'seconds_bucket{route="/v1/items/{id}",method="GET",le="[^"]+"} (\d+)',
                                             text)]
        assert counts == sorted(counts) and counts[-1] == 2 and len(counts) == 16, counts
        assert "stemma_http_in_flight 1\n" in text
        records = host.records()
        assert records[0]["route"] == "/v1/items/{id}" and records[0]["status"] == 200, records
        assert {"id", "method", "peer", "ms", "out_bytes"} <= set(records[0])


def test_peer_leaves():
    """Half an upload, half a download: both end, and are counted as what they were."""
    with Host() as host:
        for data in (b"PUT /v1/sink HTTP/1.1\r\nHost: localhost\r\nContent-Length: 999999\r\n\r\nabc",
                     b"GET /v1/pour?bytes=99999999 HTTP/1.1\r\nHost: localhost\r\n\r\n"):
            with host.connect() as s:
                s.sendall(data)
                time.sleep(0.1)
        assert until(lambda: b"stemma_http_in_flight 1\n" in host.get("/metrics").body)
        records = {r["route"]: r for r in host.records()}
        assert records["/v1/sink"]["status"] == 0 and records["/v1/sink"]["in_bytes"] == 3, records
        assert records["/v1/pour"]["status"] == 200 and records["/v1/pour"]["out_bytes"] < 99999999


if __name__ == "__main__":
    main(globals())
