"""SHA-256 of what float32 functions give for every uniform number k 2^-23 that a generator can ask them for, and for
every fourth: logf, sinf and cosf of the GNU C library, as TensorFlow's Box-Muller calls them, and JAX's normal number.
Usage: python float_functions.py > float_functions.json (x86-64 CPU, glibc 2.36, a C compiler, jax 0.10.2)"""
import ctypes, hashlib, json, os, subprocess, tempfile
import numpy as np

SOURCE = r'''
#define _GNU_SOURCE
#include <math.h>
void logs(float *out) { for (int k = 0; k < 1 << 23; k++) { float u = k * 0x1p-23f; out[k] = logf(u < 1e-7f ? 1e-7f : u); } }
void sines(float *out) { for (int k = 0; k < 1 << 23; k++) sincosf((float)(2 * M_PI * (k * 0x1p-23)), out + 2 * k, out + 2 * k + 1); }
'''
with tempfile.TemporaryDirectory() as folder:
    source, library = os.path.join(folder, 'f.c'), os.path.join(folder, 'f.so')
    open(source, 'w').write(SOURCE)
    subprocess.check_call(['cc', '-O1', '-shared', '-fPIC', source, '-o', library, '-lm'])
    c = ctypes.CDLL(library)
    logs, sines = np.empty(2**23, '<f4'), np.empty((2**23, 2), '<f4')
    c.logs(logs.ctypes.data_as(ctypes.c_void_p))
    c.sines(sines.ctypes.data_as(ctypes.c_void_p))

import jax
from jax import lax


@jax.jit
def normal(bits):
    unit = lax.bitcast_convert_type(bits | np.uint32(0x3F800000), np.float32) - np.float32(1)
    low = np.nextafter(np.float32(-1), np.float32(0))
    u = lax.max(low, unit * (np.float32(1) - low) + low)
    return np.float32(np.sqrt(2)) * lax.erf_inv(u)


normals = np.asarray(normal(np.arange(2**23, dtype=np.uint32)))
sha = lambda a: hashlib.sha256(np.ascontiguousarray(a).tobytes()).hexdigest()
print(json.dumps({name: {'all': sha(a), 'fourth': sha(a[::4])} for name, a in [('log', logs), ('sincos', sines), ('normal', normals)]}, indent=1))
