import { isElementwise } from './draw.ts';
import type { Item, Part } from './item.ts';
import type { Helper } from './program.ts';
import { pyNumber, pyString, pyTuple } from './python.ts';

/** Which axis of a variable the outputs and the inputs of a weight are; kernel axes are the others. */
export interface Axes {
  readonly out: number;
  readonly in: number;
}

/**
 * The initializer `(key, shape, dtype)` of one part; `axes` are those of the variable, `null` for what is
 * no weight. Standard deviations are told, so that no fan has to be read from a shape.
 */
export function jaxExpression({ draw }: Part, axes: Axes | null): string {
  const where = axes === null ? '' : `, out_axis=${axes.out}, in_axis=${axes.in}`;
  switch (draw.kind) {
    case 'constant':
      if (draw.value === 0) return 'nn.zeros';
      return draw.value === 1 ? 'nn.ones' : `nn.constant(${pyNumber(draw.value)})`;
    case 'normal':
      return shifted(`nn.normal(${pyNumber(draw.std)})`, draw.mean);
    case 'uniform':
      return `uniform(${pyNumber(draw.low)}, ${pyNumber(draw.high)})`;
    case 'truncated': {
      const cut =
        draw.cut === 2 ? '' : `, lower=${pyNumber(-draw.cut)}, upper=${pyNumber(draw.cut)}`;
      return shifted(`nn.truncated_normal(${pyNumber(draw.parent)}${cut})`, draw.mean);
    }
    case 'orthogonal': {
      const column = axes === null || axes.out === -1 ? '' : `, column_axis=${axes.out}`;
      return `nn.orthogonal(${pyNumber(draw.gain)}${column})`;
    }
    case 'delta_orthogonal':
      return `delta_orthogonal(${pyNumber(draw.gain)}${where})`;
    case 'identity':
      return `identity(${pyNumber(draw.gain)})`;
    case 'dirac':
      return `dirac(${pyNumber(draw.gain)}${where})`;
    case 'stored':
    default:
      return 'stored()';
  }
}

function shifted(expression: string, mean: number): string {
  return mean === 0 ? expression : `shifted(${pyNumber(mean)}, ${expression})`;
}

/** Values from the file, their axes in another order. */
export function storedExpression(item: Item, order: readonly number[] | null): string {
  const turned = order === null ? '' : `, ${pyTuple(order)}`;
  return `stored(${pyString(item.entry.name)}${turned})`;
}

/**
 * The initializer of a variable of several parts along `axis` of it; `null` if the parts of the file do
 * not divide one axis and are not all alike.
 */
export function partsExpression(
  { parts, axis: divided }: Item,
  axis: number,
  expressions: readonly string[],
): string | null {
  if (divided === null && !isOneDraw(parts, expressions)) return null;
  const sizes = parts.map(({ shape }) => shape[divided ?? 0]);
  return packedExpression(parts, sizes, axis, expressions);
}

/** Whether parts that are drawn alike, element by element, are one draw. */
function isOneDraw(parts: readonly Part[], expressions: readonly string[]): boolean {
  const isAlike = expressions.every((expression) => expression === expressions[0]);
  return parts.length === 1 || (isAlike && isElementwise(parts[0].draw));
}

/** The initializer of parts of these sizes, one behind another along an axis. */
export function packedExpression(
  parts: readonly Part[],
  sizes: readonly number[],
  axis: number,
  expressions: readonly string[],
): string {
  const [first] = expressions;
  if (isOneDraw(parts, expressions)) return first;
  const isAlike = expressions.every((expression) => expression === first);
  if (isAlike && sizes.every((size) => size === sizes[0])) {
    return `each(${parts.length}, ${first}, axis=${axis})`;
  }
  const runs: [number, string][] = [];
  for (const [i, expression] of expressions.entries()) {
    const last = runs.at(-1);
    if (last?.[1] === expression && isElementwise(parts[i].draw)) last[0] += sizes[i];
    else runs.push([sizes[i], expression]);
  }
  return `parts(${runs.map(([size, rule]) => `(${size}, ${rule})`).join(', ')}, axis=${axis})`;
}

/** What programs in JAX and Flax define, as far as they need it. */
export const JAX_HELPERS: readonly Helper[] = [
  {
    name: 'stored',
    source: `# What JAX has no function for is drawn by StepZero, by this command with the same --seed, --scheme,
# --set and --keep:
#     stepzero init MODEL -o weights.safetensors
STORED = load_file("weights.safetensors")


def stored(name, axes=None):
    w = STORED[name] if axes is None else STORED[name].transpose(axes)
    return lambda key, shape, dtype: w.reshape(shape).astype(dtype)`,
  },
  {
    name: 'uniform',
    source: `def uniform(low, high):
    return lambda key, shape, dtype: jax.random.uniform(key, shape, dtype, low, high)`,
  },
  {
    name: 'shifted',
    source: `def shifted(mean, rule):
    return lambda key, shape, dtype: mean + rule(key, shape, dtype)`,
  },
  {
    name: 'each',
    source: `def each(count, rule, axis):
    """Draws each of the equal parts of a packed array by itself."""
    def draw(key, shape, dtype):
        part = list(shape)
        part[axis] //= count
        keys = jax.random.split(key, count)
        return jnp.concatenate([rule(k, tuple(part), dtype) for k in keys], axis)

    return draw`,
  },
  {
    name: 'parts',
    source: `def parts(*rules, axis):
    """Draws the parts of a packed array, of these sizes, one after another."""
    def draw(key, shape, dtype):
        keys = jax.random.split(key, len(rules))
        part = lambda size: tuple(size if i == axis % len(shape) else n for i, n in enumerate(shape))
        return jnp.concatenate([rule(k, part(n), dtype) for k, (n, rule) in zip(keys, rules)], axis)

    return draw`,
  },
  {
    name: 'stack',
    source: `def stack(rule):
    """Draws every slice of the first axis by itself."""
    def draw(key, shape, dtype):
        return jnp.stack([rule(k, shape[1:], dtype) for k in jax.random.split(key, shape[0])])

    return draw`,
  },
  {
    name: 'boxes',
    source: `def boxes(*rules):
    """Draws the boxes of a packed array one by one."""
    def draw(key, shape, dtype):
        w = jnp.zeros(shape, dtype)
        for k, (box, rule) in zip(jax.random.split(key, len(rules)), rules):
            w = w.at[box].set(rule(k, w[box].shape, dtype))
        return w

    return draw`,
  },
  {
    name: 'centre',
    source: `def centre(shape, out_axis, in_axis, position):
    """The index of one tap of a kernel, all outputs and inputs of it."""
    maps = (out_axis % len(shape), in_axis % len(shape))
    return tuple(slice(None) if i in maps else position(k) for i, k in enumerate(shape))`,
  },
  {
    name: 'delta_orthogonal',
    source: `def delta_orthogonal(gain, out_axis, in_axis):
    """An orthogonal matrix at the centre tap, zeros elsewhere (Xiao et al. 2018)."""
    def draw(key, shape, dtype):
        w = jnp.zeros(shape, dtype)
        tap = centre(shape, out_axis, in_axis, lambda k: (k - 1) // 2)
        return w.at[tap].set(nn.orthogonal(gain)(key, w[tap].shape, dtype))

    return draw`,
  },
  {
    name: 'identity',
    source: `def identity(gain):
    return lambda key, shape, dtype: (gain * jnp.eye(*shape[-2:], dtype=dtype)).reshape(shape)`,
  },
  {
    name: 'dirac',
    source: `def dirac(gain, out_axis, in_axis):
    """The identity at the centre tap, zeros elsewhere."""
    def draw(key, shape, dtype):
        w = jnp.zeros(shape, dtype)
        tap = centre(shape, out_axis, in_axis, lambda k: k // 2)
        return w.at[tap].set(gain * jnp.eye(*w[tap].shape, dtype=dtype))

    return draw`,
  },
];
