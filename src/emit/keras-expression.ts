import type { Draw } from './draw.ts';
import type { Orientation } from './layout.ts';
import type { Helper } from './program.ts';
import { pyNumber } from './python.ts';

/** The rule `(shape, seed)` of one part; `null` for what Keras has no generator for. */
export function kerasExpression(draw: Draw, where: Orientation | null): string | null {
  const isTurned = where?.out === -2;
  const own = ownExpression(draw);
  return own !== null && isTurned && TURNED.has(draw.kind) ? `turned(${own})` : own;
}

/** What depends on which axis is which. */
const TURNED: ReadonlySet<Draw['kind']> = new Set(['orthogonal', 'delta_orthogonal', 'dirac']);

function ownExpression(draw: Draw): string | null {
  switch (draw.kind) {
    case 'constant':
      return `constant(${pyNumber(draw.value)})`;
    case 'normal':
      return `normal(${pyNumber(draw.std)}${mean(draw.mean)})`;
    case 'uniform':
      return `uniform(${pyNumber(draw.low)}, ${pyNumber(draw.high)})`;
    case 'truncated':
      return draw.cut === 2 ? `truncated(${pyNumber(draw.parent)}${mean(draw.mean)})` : null;
    case 'orthogonal':
    case 'delta_orthogonal':
    case 'dirac':
    case 'identity':
      return `${draw.kind}(${pyNumber(draw.gain)})`;
    case 'stored':
    default:
      return null;
  }
}

function mean(value: number): string {
  return value === 0 ? '' : `, mean=${pyNumber(value)}`;
}

/** What programs in Keras define, as far as they need it. */
export const KERAS_HELPERS: readonly Helper[] = [
  {
    name: 'stored',
    source: `# What Keras has no function for is drawn by StepZero, by this command with the same --seed, --scheme,
# --set and --keep:
#     stepzero init MODEL -o weights.safetensors
STORED = load_file("weights.safetensors")


def stored(name, axes=None):
    w = STORED[name] if axes is None else STORED[name].transpose(axes)
    return lambda shape, seed: w.reshape(shape)`,
  },
  {
    name: 'constant',
    source: `def constant(value):
    return lambda shape, seed: keras.ops.full(shape, value)`,
  },
  {
    name: 'normal',
    source: `def normal(std, mean=0.0):
    return lambda shape, seed: keras.random.normal(shape, mean, std, seed=seed)`,
  },
  {
    name: 'truncated',
    source: `def truncated(std, mean=0.0):
    """A normal of this std before it is cut at two of it."""
    return lambda shape, seed: keras.random.truncated_normal(shape, mean, std, seed=seed)`,
  },
  {
    name: 'uniform',
    source: `def uniform(low, high):
    return lambda shape, seed: keras.random.uniform(shape, low, high, seed=seed)`,
  },
  {
    name: 'orthogonal',
    source: `def orthogonal(gain):
    return lambda shape, seed: keras.initializers.Orthogonal(gain, seed=seed)(shape)`,
  },
  {
    name: 'turned',
    source: `def turned(rule):
    """For kernels that are [..., out, in]."""
    return lambda shape, seed: keras.ops.swapaxes(rule((*shape[:-2], *shape[:-3:-1]), seed), -1, -2)`,
  },
  {
    name: 'tap',
    source: `def tap(matrix, shape, position):
    """A kernel that is zero but for this matrix at one tap."""
    kernel = np.zeros(shape)
    kernel[tuple(position(k) for k in shape[:-2])] = matrix
    return kernel`,
  },
  {
    name: 'delta_orthogonal',
    source: `def delta_orthogonal(gain):
    """An orthogonal matrix at the centre tap, zeros elsewhere (Xiao et al. 2018)."""
    def draw(shape, seed):
        matrix = keras.ops.convert_to_numpy(orthogonal(gain)(shape[-2:], seed))
        return tap(matrix, shape, lambda k: (k - 1) // 2)

    return draw`,
  },
  {
    name: 'identity',
    source: `def identity(gain):
    return lambda shape, seed: gain * keras.ops.eye(*shape)`,
  },
  {
    name: 'dirac',
    source: `def dirac(gain):
    """The identity at the centre tap, zeros elsewhere."""
    return lambda shape, seed: tap(gain * np.eye(*shape[-2:]), shape, lambda k: k // 2)`,
  },
  {
    name: 'each',
    source: `def each(count, rule, axis):
    """Draws each of the equal parts of a packed variable by itself."""
    def draw(shape, seed):
        part = list(shape)
        part[axis] //= count
        return keras.ops.concatenate([rule(tuple(part), seed) for _ in range(count)], axis)

    return draw`,
  },
  {
    name: 'parts',
    source: `def parts(*rules, axis):
    """Draws the parts of a packed variable, of these sizes, one after another."""
    def draw(shape, seed):
        part = lambda size: tuple(size if i == axis % len(shape) else n for i, n in enumerate(shape))
        return keras.ops.concatenate([rule(part(size), seed) for size, rule in rules], axis)

    return draw`,
  },
];
