import { spawnSync } from 'node:child_process';

/** The Python that the tests of other frameworks use. */
const PYTHON = process.env['STEPZERO_PYTHON'] ?? 'python3';

/** Runs Python; throws with what it printed where it fails. */
export function python(args: readonly string[], input: string = '', folder?: string): string {
  const { status, stdout, stderr, error } = spawnSync(PYTHON, args, {
    encoding: 'utf8',
    input,
    maxBuffer: 2 ** 28,
    env: {
      ...process.env,
      CUDA_VISIBLE_DEVICES: '',
      JAX_PLATFORMS: 'cpu',
      // Small arrays once: what is compiled need not be fast.
      XLA_FLAGS: '--xla_backend_optimization_level=0',
      TF_CPP_MIN_LOG_LEVEL: '3',
      OMP_NUM_THREADS: '1',
    },
    ...(folder === undefined ? {} : { cwd: folder }),
  });
  if (error !== undefined) throw error;
  if (status !== 0) throw new Error(`${PYTHON} ${args.join(' ')}:\n${stderr}`);
  return stdout;
}

/** Which of these modules Python has: all that are needed for a test, or the test is skipped. */
export function pythonHas(modules: readonly string[]): ReadonlySet<string> {
  const program =
    'import importlib.util as u, sys\nprint(*[m for m in sys.argv[1:] if u.find_spec(m)], sep="\\n")';
  try {
    return new Set(
      python(['-c', program, ...modules])
        .split('\n')
        .filter(Boolean),
    );
  } catch {
    return new Set();
  }
}
