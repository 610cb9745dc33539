"""An independent implementation of docs/streams.md in Python integers and floats.

    python test/golden/streams.py > test/golden/streams.json

Only + - * / and math.sqrt are used on floats, which IEEE 754 rounds in one way. `random123` in the
result are the known answers of Philox4x32-10 that Random123 publishes (kat_vectors); the script checks
itself against them.
"""

import hashlib
import json
import math
import struct

M64 = 2**64 - 1
STEP = 1 / 4294967296


def fold(path, text):
    h = 0xCBF29CE484222325 ^ path
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 & M64
    h = (h ^ h >> 30) * 0xBF58476D1CE4E5B9 & M64
    h = (h ^ h >> 27) * 0x94D049BB133111EB & M64
    return h ^ h >> 31


def philox(key, counter):
    k0, k1 = key
    c0, c1, c2, c3 = counter
    for _ in range(10):
        a = 0xD2511F53 * c0
        b = 0xCD9E8D57 * c2
        c0, c1, c2, c3 = (b >> 32) ^ c1 ^ k0, b & 0xFFFFFFFF, (a >> 32) ^ c3 ^ k1, a & 0xFFFFFFFF
        k0 = k0 + 0x9E3779B9 & 0xFFFFFFFF
        k1 = k1 + 0xBB67AE85 & 0xFFFFFFFF
    return c0, c1, c2, c3


def halves(x):
    return x & 0xFFFFFFFF, x >> 32


def block(stream, number):
    seed, path = stream
    return philox(halves(seed), halves(number) + halves(path))


def words(stream, first, count):
    out = []
    for number in range(first // 4, (first + count + 3) // 4):
        out += block(stream, number)
    return out[first % 4 : first % 4 + count]


def ln_near_one(m):
    s = (m - 1) / (m + 1)
    s2 = s * s
    tail = 1 / 21
    for n in range(19, 1, -2):
        tail = 1 / n + s2 * tail
    return 2 * s + 2 * s * (s2 * tail)


def ln(x):
    m, k = math.frexp(x)  # x = m 2^k with m in [1/2, 1)
    m, k = 2 * m, k - 1
    if m > math.sqrt(2):
        m, k = m / 2, k + 1
    return k * (2977044471 / 2**32) + (ln_near_one(m) + k * 1.9082149292705877e-10)


def series(x2, first, last):
    """first terms of sum (-1)^j x^(2j) / n! with n = first, first + 2, ..., last"""
    sign = -1 if (last // 2) % 2 else 1
    tail = sign / math.factorial(last)
    for n in range(last - 2, first - 1, -2):
        sign = -sign
        tail = sign / math.factorial(n) + x2 * tail
    return tail


def normals(w0, w1):
    r = math.sqrt(-2 * ln((w0 + 0.5) * STEP))
    q = (w1 + 2**29) // 2**30
    x = (w1 - q * 2**30 + 0.5) * (2 * math.pi / 4294967296)
    x2 = x * x
    sin = x + x * (x2 * series(x2, 3, 17))
    cos = 1 - 0.5 * x2 + x2 * x2 * series(x2, 4, 16)
    cos, sin = [(cos, sin), (-sin, cos), (-cos, -sin), (sin, -cos)][q % 4]
    return r * cos, r * sin


def standard_normals(stream, first, count):
    start = first - first % 2
    w = words(stream, start, count + 2 + count % 2)
    z = [v for j in range(0, len(w), 2) for v in normals(w[j], w[j + 1])]
    return z[first - start : first - start + count]


def float32(x):
    return struct.unpack("<f", struct.pack("<f", x))[0]


def ceil32(x):
    f = float32(x)
    if f >= x:
        return f
    (bits,) = struct.unpack("<i", struct.pack("<f", f))
    if bits in (0, -(2**31)):
        return 2.0**-149
    return struct.unpack("<f", struct.pack("<i", bits + (1 if f > 0 else -1)))[0]


def clamp(values, low, high, width):
    if width == 8:
        return [min(max(v, low), high) for v in values]
    low = ceil32(low) if low > -math.inf else low
    high = -ceil32(-high) if high < math.inf else high
    return [float32(min(max(v, low), high)) for v in values]


def uniform(stream, first, count, width, low, high):
    u = [(w + 0.5) * STEP for w in words(stream, first, count)]
    return clamp([low + (high - low) * v for v in u], low, high, width)


def normal(stream, first, count, width, mean, std):
    values = [mean + std * z for z in standard_normals(stream, first, count)]
    return clamp(values, -math.inf, math.inf, width)


def attempt(w, low, high):
    if low <= 0 <= high and high - low >= 2.5066282746310002:
        candidates = normals(w[0], w[1]) + normals(w[2], w[3])
        return next((z for z in candidates if low <= z <= high), None)
    u = (w[0] + (w[1] + 0.5) * STEP) * STEP
    log_v = ln((w[2] + 0.5) * STEP)
    if low <= 0 <= high:
        x = min(low + (high - low) * u, high)
        return x if log_v <= -0.5 * x * x else None
    a, b, sign = (low, high, 1) if low > 0 else (-high, -low, -1)
    rate = (a + math.sqrt(a * a + 4)) / 2
    if (b - a) * rate <= 1:
        d = (b - a) * u
        return sign * min(a + d, b) if log_v <= -0.5 * d * (2 * a + d) else None
    e = -ln(u)
    d = (e - 1) / rate
    return sign * min(a + e / rate, b) if e <= (b - a) * rate and log_v <= -0.5 * d * d else None


def truncated_normal(stream, first, count, width, mean, std, low, high):
    z = standard_normals(stream, first, count)
    wide = low <= 0 <= high and high - low >= 2.5066282746310002
    for i in range(count):
        if wide and low <= z[i] <= high:
            continue
        value, t = None, 0
        while value is None:
            t += 1
            value = attempt(block(stream, t * 2**53 + first + i), low, high)
        z[i] = value
    return clamp([mean + std * v for v in z], mean + std * low, mean + std * high, width)


def permutation(stream, n):
    order = list(range(n))
    w = words(stream, 0, 2 * n)
    for i in range(n - 1, 0, -1):
        j = (w[2 * i] * 2**32 + w[2 * i + 1]) * (i + 1) >> 64
        order[i], order[j] = order[j], order[i]
    return order


KAT = [
    # Random123, tests/kat_vectors, philox4x32 10: counter, key, answer
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]

STREAMS = [(0, []), (1, ["encoder/3/weight"]), (2**64 - 1, ["größe", "group/0"])]

RANGES = [(0, 1), (0, 1000), (5, 4099), (2**53 - 100, 90), (2**34 - 6, 13)]

DRAWS = [
    (uniform, (0, 1)),
    (uniform, (-0.1, 0.3)),
    (normal, (0, 1)),
    (normal, (0.25, 0.02)),
    (truncated_normal, (0, 1, -2, 2)),
    (truncated_normal, (0.1, 0.02, -1, 3)),
    (truncated_normal, (0, 1, -0.5, 1.5)),
    (truncated_normal, (0, 1, 0.5, math.inf)),
    (truncated_normal, (0, 1, -math.inf, 1)),
    (truncated_normal, (0, 1, -4, -3.5)),
    (truncated_normal, (0, 1, 3, 3.1)),
    (truncated_normal, (0, 1, 30, 31)),
]


def main():
    keys = []
    for seed, path in STREAMS:
        folded = 0
        for text in path:
            folded = fold(folded, text)
        keys.append({"seed": str(seed), "path": path, "hash": f"{folded:016x}", "stream": (seed, folded)})
    kat = []
    for counter, key, answer in KAT:
        c, k, a = ([int(x, 16) for x in text.split()] for text in (counter, key, answer))
        assert list(philox(k, c)) == a
        kat.append({"counter": c, "key": k, "answer": a})
    draws = []
    for draw, arguments in DRAWS:
        for k in keys:
            for first, count in RANGES:
                if draw is truncated_normal and count > 1000 and k is not keys[1]:
                    continue
                record = {
                    "draw": draw.__name__,
                    "arguments": [str(a) if math.isinf(a) else a for a in arguments],
                    "seed": k["seed"],
                    "path": k["path"],
                    "offset": first,
                    "count": count,
                }
                for width, code in ((4, "f"), (8, "d")):
                    values = draw(k["stream"], first, count, width, *arguments)
                    data = struct.pack(f"<{count}{code}", *values)
                    record[f"float{8 * width}"] = hashlib.sha256(data).hexdigest()
                draws.append(record)
    orders = []
    for k in keys:
        for n in (1, 2, 10, 5000):
            order = permutation(k["stream"], n)
            digest = hashlib.sha256(struct.pack(f"<{n}I", *order)).hexdigest()
            orders.append({"seed": k["seed"], "path": k["path"], "n": n, "first": order[:5], "uint32": digest})
    first = [normal((0, 0), 0, 4, 8, 0, 1), uniform((0, 0), 0, 4, 8, 0, 1)]
    result = {
        "random123": kat,
        "keys": [{n: k[n] for n in ("seed", "path", "hash")} for k in keys],
        "first": {"normal": first[0], "uniform": first[1]},
        "draws": draws,
        "permutations": orders,
    }
    print(json.dumps(result, indent=1, ensure_ascii=False))


if __name__ == "__main__":
    main()
