"""Write and read float32 safetensors files, aligned to 64 bytes."""
import hashlib
import json
import struct

import numpy as np


def write(path, named, notes):
    header, data = {"__metadata__": notes}, b""
    for name, value in named.items():
        raw = np.ascontiguousarray(value, "<f4").tobytes()
        header[name] = {"dtype": "F32", "shape": list(value.shape),
                        "data_offsets": [len(data), len(data) + len(raw)]}
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-(8 + len(text)) % 64)
    whole = struct.pack("<Q", len(text)) + text + data
    with open(path, "wb") as f:
        f.write(whole)
    print(path, hashlib.blake2b(whole, digest_size=32).hexdigest())


def read(path):
    """{name: array} of a file written by write()."""
    with open(path, "rb") as f:
        size = struct.unpack("<Q", f.read(8))[0]
        header = json.loads(f.read(size))
        data = f.read()
    return {name: np.frombuffer(data, "<f4", int(np.prod(e["shape"])),
                                e["data_offsets"][0]).reshape(e["shape"])
            for name, e in header.items() if name != "__metadata__"}
