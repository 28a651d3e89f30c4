"""Meters that are not ours: libebur128 (by ctypes) and ffmpeg's ebur128.

Needs the Debian packages libebur128-1 and ffmpeg, and numpy.
"""
import ctypes
import re
import subprocess

import numpy as np

MODE = 1 | 2 | 1 << 2 | 1 << 3 | 1 << 4 | 1 << 5  # M S I LRA SAMPLE TRUE peak


def decode(path):
    """float32 samples [frames, channels] and the rate, by ffmpeg."""
    probe = subprocess.run(
        ["ffprobe", "-v", "error", "-select_streams", "a:0", "-show_entries",
         "stream=sample_rate,channels", "-of", "csv=p=0", str(path)],
        check=True, capture_output=True, text=True).stdout
    rate, channels = (int(v) for v in probe.strip().strip(",").split(",")[:2])
    raw = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-f", "f32le",
         "-c:a", "pcm_f32le", "-"], check=True, capture_output=True).stdout
    return np.frombuffer(raw, np.float32).reshape(-1, channels), rate


def libebur128(samples, rate):
    """{"lufs", "lra", "tp"} by libebur128."""
    lib = ctypes.CDLL("libebur128.so.1")
    lib.ebur128_init.restype = ctypes.c_void_p
    state = ctypes.c_void_p(lib.ebur128_init(
        ctypes.c_uint(samples.shape[1]), ctypes.c_ulong(rate),
        ctypes.c_int(MODE)))
    data = np.ascontiguousarray(samples, np.float32)
    lib.ebur128_add_frames_float(
        state, data.ctypes.data_as(ctypes.POINTER(ctypes.c_float)),
        ctypes.c_size_t(len(data)))
    value = ctypes.c_double()
    result = {}
    lib.ebur128_loudness_global(state, ctypes.byref(value))
    result["lufs"] = value.value
    lib.ebur128_loudness_range(state, ctypes.byref(value))
    result["lra"] = value.value
    peak = 0.0
    for channel in range(samples.shape[1]):
        lib.ebur128_true_peak(state, ctypes.c_uint(channel),
                              ctypes.byref(value))
        peak = max(peak, value.value)
    result["tp"] = 20 * np.log10(max(peak, 1e-12))
    lib.ebur128_destroy(ctypes.byref(state))
    return result


def ffmpeg_true_peak(path):
    """Largest true peak in dBTP by ffmpeg's ebur128 (read to 0.001 of full
    scale, as it prints it)."""
    text = subprocess.run(
        ["ffmpeg", "-nostdin", "-v", "error", "-i", str(path), "-af",
         "ebur128=peak=true:metadata=1,ametadata=print:file=-", "-f", "null",
         "-"], check=True, capture_output=True, text=True).stdout
    peaks = re.findall(r"lavfi\.r128\.true_peaks_ch\d=(\S+)", text)
    return 20 * np.log10(max(max(float(p) for p in peaks[-16:]), 1e-6))


def stereo_figures(samples):
    """Whole-file correlation and E[(L-R)^2]/E[(L+R)^2]."""
    if samples.shape[1] < 2:
        return {"correlation": 1.0, "width": 0.0}
    left = samples[:, 0].astype(np.float64)
    right = samples[:, 1].astype(np.float64)
    power = np.sqrt(np.mean(left**2) * np.mean(right**2))
    correlation = np.mean(left * right) / power if power > 0 else 1.0
    side, mid = np.mean((left - right)**2), np.mean((left + right)**2)
    return {"correlation": correlation, "width": side / max(mid, 1e-30)}


def bands26(samples, rate, top=None):
    """Long-term level in dB of 26 third-octave-like bands of the mid signal,
    centres log-spaced 25 Hz..16 kHz. Frequencies over `top` do not count:
    what one of two files to be compared cannot hold."""
    mono = samples.mean(axis=1).astype(np.float64)
    size, hop = 8192, 4096
    window = np.hanning(size)
    power = np.zeros(size // 2 + 1)
    for start in range(0, max(len(mono) - size, 1), hop):
        block = mono[start:start + size]
        if len(block) < size:
            block = np.pad(block, (0, size - len(block)))
        power += np.abs(np.fft.rfft(block * window))**2
    frequency = np.fft.rfftfreq(size, 1 / rate)
    centres = np.geomspace(25, 16000, 26)
    half = (centres[1] / centres[0])**0.5
    levels = []
    for centre in centres:
        low, high = centre / half, centre * half
        inside = (frequency >= low) & (frequency < high)
        if top:
            inside &= frequency < top
        if not inside.any():
            inside = [np.argmin(np.abs(frequency - centre))]
        levels.append(10 * np.log10(power[inside].mean() + 1e-20))
    return np.array(levels)


def spectrum_rmse(a, b):
    """RMSE in dB between two 26-band spectra, level taken out."""
    difference = a - b
    return float(np.sqrt(np.mean((difference - difference.mean())**2)))
