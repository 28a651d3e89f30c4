"""What bench/mix_guard.py measures: numpy and scipy, [frames, channels] each.

Every function gives None where there is nothing to measure. Powers are means
over channels unless said.
"""
import numpy as np
import scipy.fft
import soundfile

BELOW_DB, QUIET_DB = 130.0, -160.0  # a bin of an EQ: under the peak, itself
CELL_DB, CELL_DEEP_DB = -60.0, 40.0  # cells: level, under their frame
LEAST_CELLS = 50  # of a band
GATE = 10 ** (-60 / 20)
SMALL = 1e-30


def read(path):
    x, rate = soundfile.read(path, dtype="float64", always_2d=True)
    if not np.isfinite(x).all():
        raise ValueError(f"{path.name} has samples that are no numbers")
    return x, rate


def decibel(power):
    return 10 * np.log10(np.maximum(power, SMALL))


def both(x, y):
    """x with as many channels as y: mono goes to both."""
    return (np.repeat(x, y.shape[1], 1) if x.shape[1] < y.shape[1] else x), y


def spectra(x, size, hop):
    """Hann spectra [blocks, bins] of one channel; a full sine: its power."""
    window = np.hanning(size + 1)[:-1]
    scale = np.sqrt(2) / window.sum()
    many = max(1, (1 << 20) // size)
    for at in range(0, len(x) - size + 1, hop * many):
        end = min(len(x), at + hop * (many - 1) + size)
        view = np.lib.stride_tricks.sliding_window_view(x[at:end], size)[::hop]
        yield scipy.fft.rfft(view * window) * scale


def thirds(bins, step_hz):
    """Edges in bins of third octaves from 25 Hz, each two bins or more."""
    edges = 1000 * 2 ** ((np.arange(-32, 28, 2) + 1) / 6)
    at = np.unique(np.round(edges / step_hz).astype(int))
    at = at[(at >= 2) & (at < bins)]
    return at[np.append(True, np.diff(at) >= 2)]


def cross(x, y, size):
    """Sums of Sxx, Syy, Sxy over blocks and channels, and of how many."""
    sums, count = [0.0, 0.0, 0.0], 0
    for a, b in zip(x.T, y.T):
        for p, q in zip(spectra(a, size, size // 2), spectra(b, size,
                                                             size // 2)):
            sums[0] += np.sum(np.abs(p) ** 2, 0)
            sums[1] += np.sum(np.abs(q) ** 2, 0)
            sums[2] += np.sum(np.conj(p) * q, 0)
            count += len(p)
    return *sums, count


def narrow(bins, step_hz):
    """Edges in bins: 1/96 octave, but at least 3 bins and 0.7 Hz; from 20 Hz."""
    edge, least = [max(2, round(20 / step_hz))], max(3, 0.7 / step_hz)
    while edge[-1] < 0.96 * (bins - 1):
        edge.append(int(np.ceil(max(edge[-1] + least,
                                    edge[-1] * 2 ** (1 / 96)))))
    return np.array(edge[:-1])


def faded(x, rate):
    """x without the edges of the file, where a filter's ring is cut off."""
    n = min(rate, len(x) // 8)
    ramp = np.sin(np.pi / 2 * np.arange(n) / max(1, n))[:, None] ** 2
    return np.concatenate([x[:n] * ramp, x[n:len(x) - n],
                           x[len(x) - n:] * ramp[::-1]])


def transfer(x, y, rate):
    """Largest gain of a filter, surely, and in third octaves.

    Blocks are long (24 s), so what rings beyond a block's end is little, and
    the mean is taken over neighbouring bins and blocks. With coherence c over
    n bins (half of them counted as independent) a gain has a deviation of
    sqrt((1 - c) / (c n)): each counts less three of these, in dB.
    """
    x, y = (faded(v, rate) for v in both(x, y))
    size = min(1 << 20, max(1 << 14, len(x) // 2 * 2))
    x, y = (np.pad(v, ((0, size // 2 - len(v) % (size // 2)), (0, 0)))
            for v in (x, y))
    xx, yy, xy, count = cross(x, y, size)
    edge, step = narrow(len(xx), rate / size), rate / size
    a, b, c = (np.add.reduceat(v, edge)[:-1] for v in (xx, yy, xy))
    bins = np.diff(edge)
    heard = decibel(a / bins / count) > max(
        decibel((xx / count).max()) - BELOW_DB, QUIET_DB)
    if not heard.any():
        return None
    alike = np.abs(c) ** 2 / np.maximum(a * b, SMALL)
    known = heard & (alike > 0.9)
    unsure = 3 * 8.686 * np.sqrt(np.maximum(0, 1 - alike) /
                                 np.maximum(alike * bins * count, SMALL))
    gain = 2 * decibel(np.abs(c) / np.maximum(a, SMALL))
    gain = np.where(known, np.sign(gain) * np.maximum(0, np.abs(gain) -
                                                      unsure), 0)
    worst = int(np.argmax(np.abs(gain)))
    band, at = band_gains(xx, yy, np.repeat(heard, bins), edge[0], step)
    top = int(np.argmax(np.abs(band)))
    return dict(gain_db=gain[worst],
                gain_hz=np.sqrt(edge[worst] * edge[worst + 1]) * step,
                share=(known & (unsure < 0.1)).sum() / heard.sum(),
                band_db=band[top],
                band_hz=at[top])


def band_gains(xx, yy, heard, first, step_hz):
    """dB of each third octave that is heard, and its middle in Hz."""
    edge = thirds(first + len(heard), step_hz)
    edge = edge[edge >= first]
    known = np.concatenate([np.zeros(first, bool), heard])
    a, b, share = (np.add.reduceat(np.asarray(v, float), edge)[:-1]
                   for v in (xx, yy, known))
    use = share >= 0.5 * np.diff(edge)
    if not use.any():
        return np.zeros(1), np.zeros(1)
    middle = np.sqrt(edge[:-1] * edge[1:]) * step_hz
    return (decibel(b) - decibel(a))[use], middle[use]


def cells(x, y, rate, bound_db):
    """Third octaves in frames of 46 ms: gains, and how many within bound."""
    x, y = both(x, y)
    size = 1 << int(np.round(np.log2(0.046 * rate)))
    if len(x) < size:
        return None
    edge = thirds(size // 2 + 1, rate / size)
    powers = []
    for v in (x, y):
        bands = [np.concatenate([np.add.reduceat(
            np.abs(p) ** 2, edge, 1)[:, :-1] for p in spectra(c, size,
                                                              size // 2)])
            for c in v.T]
        powers.append(np.mean(bands, 0))
    a, b = (np.lib.stride_tricks.sliding_window_view(
        np.pad(p, ((1, 1), (0, 0))), 3, 0).mean(2) for p in powers)
    use = (decibel(a) > CELL_DB) & \
        (decibel(a) > decibel(a.sum(1, keepdims=True)) - CELL_DEEP_DB)
    if not use.any():
        return None
    gain = np.where(use, decibel(b) - decibel(a), 0.0)
    inside = 1 - np.sum(np.abs(gain) > bound_db, 0) / np.maximum(
        use.sum(0), LEAST_CELLS)
    whole = [p.sum(0) for p in powers]
    some = use.sum(0) >= max(4, 0.005 * len(use))
    band = np.where(some, decibel(whole[1]) - decibel(whole[0]), 0)
    worst = int(np.argmax(np.abs(band)))
    middle = np.sqrt(edge[worst] * edge[worst + 1]) * rate / size
    return dict(band_db=band[worst], band_hz=middle, cells=int(use.sum()),
                share=float(inside.min()), deepest_db=float(gain.min()))


def reduction(x, y, rate):
    """Average gain reduction, and what the most open percent was raised."""
    x, y = both(x, y)
    size = round(rate / 100)
    blocks = len(x) // size
    a, b = (np.sqrt(np.mean(v[:blocks * size].reshape(
        blocks, size * v.shape[1]) ** 2, 1)) for v in (x, y))
    use = a > GATE
    if not use.any():
        return None
    gain = 20 * np.log10(np.maximum(b[use], 1e-9) / a[use])
    return dict(mean_db=float(-gain.mean()), blocks=int(use.sum()),
                open_db=float(np.percentile(gain, 99)))


def side_gain(x, y):
    """Gain of the side beside that of the mid; None where x has no side."""
    if x.shape[1] < 2 or y.shape[1] < 2:
        return None
    mid, side = (x[:, 0] + x[:, 1]) / 2, (x[:, 0] - x[:, 1]) / 2
    if np.mean(side ** 2) < 1e-6 * np.mean(mid ** 2) + 1e-12:
        return None
    out = (y[:, 0] + y[:, 1]) / 2, (y[:, 0] - y[:, 1]) / 2
    basis = np.stack([mid, side])
    gram = basis @ basis.T
    if np.linalg.cond(gram) > 1e8:
        return None
    to_mid, to_side = (np.linalg.solve(gram, basis @ v) for v in out)
    return abs(to_side[1]) / max(abs(to_mid[0]), 1e-9)


def bus(x):
    """(sample peak dBFS, correlation, mono_loss_db)."""
    if x.shape[1] == 1:
        x = np.repeat(x, 2, 1)
    left, right = x[:, 0], x[:, 1]
    ll, rr, lr = left @ left, right @ right, left @ right
    peak = decibel(np.max(np.abs(x), initial=0) ** 2)
    if ll + rr == 0:
        return peak, 1.0, 0.0
    correlation = lr / np.sqrt(ll * rr) if ll * rr > 0 else 0.0
    fold = decibel(((ll + rr + 2 * lr) / 4) / ((ll + rr) / 2))
    return peak, correlation, fold


def sinc_phases(phases=16, taps=64):
    """[taps, phases]: the curve between two samples, Kaiser-windowed."""
    at = np.arange(taps)[:, None] - (taps // 2 - 1) - \
        np.arange(phases)[None] / phases
    window = np.i0(9 * np.sqrt(np.maximum(0, 1 - (at / (taps / 2)) ** 2)))
    kernel = np.sinc(at) * window
    return kernel / kernel.sum(0)


def true_peak(x, block=1 << 15):
    """dBTP: highest point of 16 between each two samples."""
    kernel, top = sinc_phases(), 0.0
    taps = len(kernel)
    for channel in x.T:
        padded = np.pad(channel, taps)
        for at in range(0, len(padded) - taps + 1, block):
            part = padded[at:at + block + taps - 1]
            if np.max(np.abs(part)) < 0.3 * top:
                continue  # overshoot is far under 10 dB
            view = np.lib.stride_tricks.sliding_window_view(part, taps)
            top = max(top, float(np.max(np.abs(view @ kernel))))
    return float(decibel(top ** 2))
