#!/usr/bin/python3
"""A real S3 server for tests: OpenStack Swift with s3api and tempauth.

Needs Debian's python3-swift alone: proxy, account, container and object
server run in this one process, each on a free port of 127.0.0.1, in a new
folder that is removed at the end. It refuses wrong secrets, old dates and
tampered links.

    s3_server.py [BUCKET...]

makes the buckets, prints one line of JSON when it is ready,
    {"endpoint": "http://127.0.0.1:PORT", "access_key": "...",
     "secret_key": "...", "region": "us-east-1", "folder": "/tmp/..."}
and serves until its standard input ends (or it is killed), so it never
outlives the test that started it.
"""
import base64
import hashlib
import hmac
import json
import os
import shutil
import signal
import sys
import tempfile
import urllib.request
from email.utils import formatdate

import eventlet

eventlet.monkey_patch()

from eventlet import tpool, wsgi  # noqa: E402
from swift.common import utils  # noqa: E402
from swift.common.http_protocol import SwiftHttpProtocol  # noqa: E402
from swift.common.ring import RingBuilder  # noqa: E402
from swift.common.wsgi import loadapp  # noqa: E402

ACCESS, SECRET, REGION = "test:tester", "testing-secret", "us-east-1"
PIPELINE = "catch_errors gatekeeper bulk s3api tempauth slo dlo proxy-server"


def has_xattrs(folder):
    """Swift's object server keeps an object's metadata in user xattrs."""
    path = os.path.join(folder, "xattr")
    with open(path, "w"):
        pass
    try:
        os.setxattr(path, "user.swift", b"x")
        return True
    except OSError:
        return False
    finally:
        os.unlink(path)


def conf_text(folder, kind, app):
    common = f"""[DEFAULT]
devices = {folder}/devices
swift_dir = {folder}
mount_check = false
fallocate_reserve = 0
disable_fallocate = true
log_address = {folder}/no-log
log_level = CRITICAL
"""
    if kind != "proxy":
        return common + f"[app:main]\nuse = egg:swift#{app}\n"
    plain = "".join(f"[filter:{name}]\nuse = egg:swift#{name}\n" for name in
                    ("catch_errors", "gatekeeper", "bulk", "slo", "dlo"))
    account, user = ACCESS.split(":")
    return common + f"""[pipeline:main]
pipeline = {PIPELINE}
[app:proxy-server]
use = egg:swift#proxy
account_autocreate = true
[filter:s3api]
use = egg:swift#s3api
location = {REGION}
[filter:tempauth]
use = egg:swift#tempauth
user_{account}_{user} = {SECRET} .admin
{plain}"""


def build_ring(folder, name, port):
    builder = RingBuilder(4, 1, 0)
    builder.add_dev({"id": 0, "region": 1, "zone": 1, "weight": 1.0,
                     "ip": "127.0.0.1", "port": port, "device": "d1"})
    builder.rebalance(seed=1)
    builder.get_ring().save(os.path.join(folder, name + ".ring.gz"))


def serve(sock, app):
    eventlet.spawn(wsgi.server, sock, app, utils.NullLogger(),
                   protocol=SwiftHttpProtocol,
                   capitalize_response_headers=False)


class NoCache:
    """Swift asks for memcached; this one forgets at once."""

    def get(self, *_, **__):
        return None

    def get_multi(self, keys, *_, **__):
        return [None] * len(keys)

    def set(self, *_, **__):
        pass

    set_multi = delete = incr = decr = set


def with_cache(app, cache=NoCache()):
    def call(env, start_response):
        env["swift.cache"] = cache
        return app(env, start_response)
    return call


def make_bucket(port, bucket):
    date = formatdate(usegmt=True)
    text = f"PUT\n\n\n\nx-amz-date:{date}\n/{bucket}"
    mac = hmac.new(SECRET.encode(), text.encode(), hashlib.sha1).digest()
    request = urllib.request.Request(
        f"http://127.0.0.1:{port}/{bucket}", method="PUT", headers={
            "X-Amz-Date": date, "Content-Length": "0", "Authorization":
            f"AWS {ACCESS}:{base64.b64encode(mac).decode()}"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=30):
        pass


def start(folder):
    os.makedirs(os.path.join(folder, "devices", "d1"))
    with open(os.path.join(folder, "swift.conf"), "w") as conf:
        conf.write("[swift-hash]\nswift_hash_path_suffix = tests\n")
    utils.set_swift_dir(folder)
    utils.validate_hash_conf()
    kinds = {"account": "account", "container": "container",
             "object": "object" if has_xattrs(folder) else "mem_object",
             "proxy": "proxy"}
    socks = {kind: eventlet.listen(("127.0.0.1", 0)) for kind in kinds}
    for kind, app in kinds.items():
        if kind != "proxy":
            build_ring(folder, kind, socks[kind].getsockname()[1])
    for kind, app in kinds.items():
        path = os.path.join(folder, kind + ".conf")
        with open(path, "w") as conf:
            conf.write(conf_text(folder, kind, app))
        serve(socks[kind], with_cache(loadapp(path)))
    return socks["proxy"].getsockname()[1]


def stop(*_):
    raise SystemExit(0)


def main():
    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    folder = tempfile.mkdtemp(prefix="stemma-s3-")
    try:
        port = start(folder)
        for bucket in sys.argv[1:]:
            make_bucket(port, bucket)
        print(json.dumps({"endpoint": f"http://127.0.0.1:{port}",
                          "access_key": ACCESS, "secret_key": SECRET,
                          "region": REGION, "folder": folder}), flush=True)
        tpool.execute(wait_for_end)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def wait_for_end():
    while os.read(0, 4096):
        pass


if __name__ == "__main__":
    main()
