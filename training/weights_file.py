"""Write a safetensors file: float32, a header padded to 64 bytes."""
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
    with open(path, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + data)
    print(path, hashlib.blake2b(open(path, "rb").read(),
                                digest_size=32).hexdigest())
