#!/usr/bin/python3
"""A TCP proxy in front of an HTTP server that misbehaves on purpose.

    flaky_proxy.py HOST:PORT MODE

prints its own "127.0.0.1:PORT" and serves until its standard input ends.
MODE, by number n of the connection (from 0):
  flaky  n % 4: 0 answers 503; 1 and 3 pass 12 MiB, then cut; 2 passes
         300 kB, then cuts (in the middle of a part or of an answer)
  slow   passes 1 MiB/s
  busy   always answers 503
  mute   takes everything, never answers
  tls    passes, but speaks TLS, with a certificate that nobody vouches for
"""
import asyncio
import os
import ssl
import subprocess
import sys
import tempfile

BUSY = (b"HTTP/1.1 503 Slow Down\r\nContent-Length: 0\r\n"
        b"Connection: close\r\n\r\n")
count = 0


async def pump(reader, writer, budget, rate):
    while True:
        data = await reader.read(65536)
        if not data:
            break
        budget[0] -= len(data)
        if budget[0] < 0:
            break
        writer.write(data)
        await writer.drain()
        if rate:
            await asyncio.sleep(len(data) / rate)


async def passing(reader, writer, target, budget, rate):
    host, port = target.split(":")
    up_reader, up_writer = await asyncio.open_connection(host, int(port))
    both = [asyncio.ensure_future(pump(reader, up_writer, budget, rate)),
            asyncio.ensure_future(pump(up_reader, writer, budget, rate))]
    try:
        await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in both:
            task.cancel()
        up_writer.transport.abort()


async def serve(reader, writer, target, mode):
    global count
    n, count = count, count + 1
    try:
        if mode == "busy" or (mode == "flaky" and n % 4 == 0):
            await reader.read(4096)
            writer.write(BUSY)
            await writer.drain()
        elif mode == "tls":
            await passing(reader, writer, target, [1 << 40], 0)
        elif mode == "mute":
            while await reader.read(65536):
                pass
        elif mode == "slow":
            await passing(reader, writer, target, [1 << 40], 1 << 20)
        else:
            budget = [300000 if n % 4 == 2 else 12 << 20]
            await passing(reader, writer, target, budget, 0)
    except OSError:
        pass
    finally:
        writer.close()


def own_certificate():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.TemporaryDirectory() as folder:
        key, cert = folder + "/key", folder + "/cert"
        subprocess.run(["openssl", "req", "-x509", "-nodes", "-newkey", "ec",
                        "-pkeyopt", "ec_paramgen_curve:prime256v1",
                        "-subj", "/CN=127.0.0.1", "-addext",
                        "subjectAltName=IP:127.0.0.1", "-keyout", key,
                        "-out", cert], check=True, stderr=subprocess.DEVNULL)
        context.load_cert_chain(cert, key)
    return context


async def main():
    target, mode = sys.argv[1:3]
    server = await asyncio.start_server(
        lambda r, w: serve(r, w, target, mode), "127.0.0.1", 0,
        ssl=own_certificate() if mode == "tls" else None)
    print("127.0.0.1:%d" % server.sockets[0].getsockname()[1], flush=True)
    loop = asyncio.get_running_loop()
    await loop.run_in_executor(None, wait_for_end)
    os._exit(0)


def wait_for_end():
    while os.read(0, 4096):
        pass


asyncio.run(main())
