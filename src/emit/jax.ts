import type { Plan } from '../advise/index.ts';
import type { Network } from '../network/index.ts';
import { isStored, itemsOf, sliceOf, type Item, type Part } from './item.ts';
import {
  JAX_HELPERS,
  jaxExpression,
  partsExpression,
  storedExpression,
  type Axes,
} from './jax-expression.ts';
import { programText, type Frame } from './program.ts';
import type { Mapped } from './rules.ts';

/** The axes of a weight as the file has them. */
function fileAxes({ info }: Item): Axes | null {
  const [out, inputs] = [info.layout.indexOf('out'), info.layout.indexOf('in')];
  return out < 0 || inputs < 0 ? null : { out, in: inputs };
}

/** A box of the file, `jnp.s_[0, 0:16]`; a batch axis of extent 1 is an index, so that one map is left. */
function boxOf({ info }: Item, { start, shape }: Part): string {
  const pieces = start.map((from, axis) => {
    if (info.layout[axis] === 'batch' && shape[axis] === 1) return String(from);
    return shape[axis] === info.shape[axis] ? ':' : `${from}:${from + shape[axis]}`;
  });
  return `jnp.s_[${pieces.join(', ')}]`;
}

function expressionOf(item: Item): string {
  if (isStored(item)) return storedExpression(item, null);
  const axes = fileAxes(item);
  const expressions = item.parts.map((part) => jaxExpression(part, axes));
  const whole = partsExpression(item, item.axis ?? 0, expressions);
  if (whole !== null) return whole;
  const slice = sliceOf(item);
  if (slice !== null) return `stack(${expressionOf(slice)})`;
  // What is left of a box has no batch axis, and its outputs may be another axis.
  const layout = item.info.layout.filter((role) => role !== 'batch');
  const left = { out: layout.indexOf('out'), in: layout.indexOf('in') };
  const boxes = item.parts.map(
    (part) => `(${boxOf(item, part)}, ${jaxExpression(part, axes === null ? null : left)})`,
  );
  return `boxes(${boxes.join(', ')})`;
}

const FRAME: Frame = {
  framework: 'jax',
  usage: `    params = init(jax.random.key(0), params)  # a dict from names to arrays, or to their shapes and dtypes`,
  names: 'Names and shapes are those of the file; * stands for any text.',
  imports: [
    'import zlib',
    'from fnmatch import fnmatchcase',
    '',
    'import jax',
    'import jax.numpy as jnp',
    'from jax.nn import initializers as nn',
    'from safetensors.flax import load_file',
  ],
  helpers: JAX_HELPERS,
  apply: `def init(key, params):
    """The parameters anew; those that no rule names stay as they are."""
    def draw(name, w):
        rule = next((r for pattern, r in RULES.items() if fnmatchcase(name, pattern)), None)
        if rule is None:
            return w
        return rule(jax.random.fold_in(key, zlib.crc32(name.encode())), w.shape, w.dtype)

    return {name: draw(name, w) for name, w in params.items()}`,
};

/** A plan as a program for JAX: `init(key, params)` draws a dict of arrays by their names in the file. */
export function jaxProgram(plan: Plan, network: Network): string {
  const { drawn, kept } = itemsOf(plan, network);
  const mapped = drawn.map((item): Mapped => {
    const group = isStored(item) ? { group: 'stored' } : {};
    const target = { name: item.entry.name, expression: expressionOf(item), ...group };
    return { item, targets: [target] };
  });
  return programText(plan, FRAME, mapped, [], kept);
}
