import type { Plan } from '../advise/index.ts';
import type { Network } from '../network/index.ts';
import { sizeOf } from '../tensor/index.ts';
import { isElementwise, type Chosen } from './draw.ts';
import { isStored, itemsOf, sliceOf, type Item, type Part } from './item.ts';
import { isMadeUp } from './names.ts';
import { programText, type Frame } from './program.ts';
import { pyLambda, pyNumber, pyString } from './python.ts';
import { MADE_UP, type Left, type Mapped } from './rules.ts';

/** Extents and roles without the batch axes of extent 1, which torch's own layers do not have. */
function plain({ info }: Item, shape: readonly number[]): { shape: number[]; layout: string[] } {
  if (info.layout.length === 0) return { shape: [...shape], layout: [] };
  const axes = shape.flatMap((extent, axis) =>
    info.layout[axis] === 'batch' && extent === 1 ? [] : [axis],
  );
  return { shape: axes.map((i) => shape[i]), layout: axes.map((i) => info.layout[i]) };
}

/** torch's own function of this name, where its fans give the planned standard deviation. */
function named(item: Item, { scheme, options, std }: Chosen, of: readonly number[]): string | null {
  const { shape, layout } = plain(item, of);
  const found = /^(he|lecun|glorot)_(normal|uniform)$/.exec(scheme);
  if (found === null || layout[0] !== 'out' || layout[1] !== 'in') return null;
  const [fanIn, fanOut] = [sizeOf(shape.slice(1)), sizeOf(shape.toSpliced(1, 1))];
  const slope = Number(options['slope'] ?? 0);
  const gain = Number(options['gain'] ?? 1);
  const [, family, law] = found;
  const theirs: Readonly<Record<string, number>> = {
    he: Math.sqrt(2 / (1 + slope * slope) / fanIn),
    lecun: 1 / Math.sqrt(fanIn),
    glorot: Math.sqrt(2 / (fanIn + fanOut)),
  };
  if (Math.abs(std - gain * theirs[family]) > 1e-9 * std) return null;
  const gainArgument = gain === 1 ? [] : [`gain=${pyNumber(gain)}`];
  if (family === 'glorot') return pyLambda(`nn.init.xavier_${law}_`, gainArgument);
  const after = gain === 1 ? '' : `.mul_(${pyNumber(gain)})`;
  const own = family === 'lecun' ? ['nonlinearity="linear"'] : [];
  const a = slope === 0 ? [] : [`a=${pyNumber(slope)}`];
  return pyLambda(`nn.init.kaiming_${law}_`, [...own, ...a], after);
}

/** The expression of an initializer of one box. */
function expressionOf(item: Item, part: Part): string {
  const own = named(item, part, part.shape);
  if (own !== null) return own;
  const { draw } = part;
  const { layout } = plain(item, part.shape);
  const isTurned = layout[0] === 'in' && layout.length > 2;
  switch (draw.kind) {
    case 'constant':
      if (draw.value === 0) return 'nn.init.zeros_';
      if (draw.value === 1) return 'nn.init.ones_';
      return pyLambda('nn.init.constant_', [pyNumber(draw.value)]);
    case 'normal':
      return pyLambda('nn.init.normal_', [
        ...(draw.mean === 0 ? [] : [`mean=${pyNumber(draw.mean)}`]),
        `std=${pyNumber(draw.std)}`,
      ]);
    case 'uniform':
      return pyLambda('nn.init.uniform_', [pyNumber(draw.low), pyNumber(draw.high)]);
    case 'truncated': {
      const { mean, parent, cut } = draw;
      const numbers = [mean, parent, mean - cut * parent, mean + cut * parent];
      return pyLambda('nn.init.trunc_normal_', numbers.map(pyNumber));
    }
    case 'orthogonal': {
      const gain = draw.gain === 1 ? [] : [`gain=${pyNumber(draw.gain)}`];
      const own = pyLambda('nn.init.orthogonal_', gain);
      return isTurned ? `turned(${own})` : own;
    }
    case 'delta_orthogonal':
      return isTurned
        ? `turned(delta_orthogonal(${pyNumber(draw.gain)}))`
        : `delta_orthogonal(${pyNumber(draw.gain)})`;
    case 'identity':
    case 'dirac': {
      const call = draw.kind === 'identity' ? 'nn.init.eye_' : 'nn.init.dirac_';
      return pyLambda(call, [], draw.gain === 1 ? '' : `.mul_(${pyNumber(draw.gain)})`);
    }
    case 'stored':
    default:
      return storedExpression(item);
  }
}

/** Values from the file, of the whole parameter. */
function storedExpression({ entry }: Item): string {
  return `stored(${pyString(entry.name)})`;
}

/**
 * The expression of a whole parameter. What the rules see has no batch axes of extent 1; recurrent layers
 * of torch have none either, of other tensors the one slice is taken.
 */
function expressionOfAll(item: Item): string {
  const { info } = item;
  const expression = wholeExpression(item);
  const isMap = info.layout.some((role, axis) => role === 'batch' && info.shape[axis] === 1);
  if (!isMap || isStored(item) || info.role.startsWith('recurrent_')) return expression;
  const box = info.layout.map((role, axis) =>
    role === 'batch' && info.shape[axis] === 1 ? '0' : ':',
  );
  return `boxes((np.s_[${box.join(', ')}], ${expression}))`;
}

/** The expression of the maps of a parameter; stored values are those of the whole, whatever the parts. */
function wholeExpression(item: Item): string {
  const { parts, axis } = item;
  if (isStored(item)) return storedExpression(item);
  const expressions = parts.map((part) => expressionOf(item, part));
  const [first] = expressions;
  const alike = expressions.every((expression) => expression === first);
  if (parts.length === 1 && parts[0].shape.every((extent, i) => extent === item.info.shape[i])) {
    return first;
  }
  if (alike && parts.every(({ draw }) => draw.kind === 'constant')) return first;
  const drops = plainAxis(item, axis);
  if (drops === null) {
    // Only what is drawn element by element may be drawn across boxes.
    if (alike && isElementwise(parts[0].draw) && !/kaiming|xavier/.test(first)) return first;
    const slice = sliceOf(item);
    if (slice !== null) return `stack(${wholeExpression(slice)})`;
    const boxes = parts.map((part, i) => `(${boxOf(item, part)}, ${expressions[i]})`);
    return `boxes(${boxes.join(', ')})`;
  }
  const sizes = parts.map(({ shape }) => shape[axis ?? 0]);
  const dim = drops === 0 ? '' : `, dim=${drops}`;
  if (alike && sizes.every((size) => size === sizes[0]))
    return `each(${parts.length}, ${first}${dim})`;
  const runs: [number, string][] = [];
  for (const [i, expression] of expressions.entries()) {
    const last = runs.at(-1);
    if (last?.[1] === expression && parts[i].draw.kind === 'constant') last[0] += sizes[i];
    else runs.push([sizes[i], expression]);
  }
  return `parts(${runs.map(([size, expression]) => `(${size}, ${expression})`).join(', ')}${dim})`;
}

/** The divided axis as torch counts it, without batch axes of extent 1; `null` if there is no one axis. */
function plainAxis({ info, parts }: Item, axis: number | null): number | null {
  if (axis === null) return null;
  if (info.layout[axis] === 'batch') return null;
  const before = info.layout
    .slice(0, axis)
    .filter((role, i) => role === 'batch' && parts[0].shape[i] === 1);
  return axis - before.length;
}

/** `np.s_[0, 0:16]`; a batch axis of extent 1 is an index, so that what is left is one map. */
function boxOf({ info }: Item, { start, shape }: Part): string {
  const pieces = start.map((from, axis) => {
    if (info.layout[axis] === 'batch' && shape[axis] === 1) return String(from);
    return shape[axis] === info.shape[axis] ? ':' : `${from}:${from + shape[axis]}`;
  });
  return `np.s_[${pieces.join(', ')}]`;
}

const FRAME: Frame = {
  framework: 'torch',
  usage: '    left = init_(model, seed=0)  # left: the parameters that no rule names, as they were',
  names: 'A name is that of the file; * stands for any text. Weights are [out, in, ...].',
  imports: [
    'from fnmatch import fnmatchcase',
    '',
    'import numpy as np',
    'import torch',
    'from safetensors.torch import load_file',
    'from torch import nn',
  ],
  helpers: [
    {
      name: 'stored',
      source: `# What torch has no function for is drawn by StepZero, by this command with the same --seed, --scheme,
# --set and --keep:
#     stepzero init MODEL -o weights.safetensors
STORED = load_file("weights.safetensors")


def stored(name):
    return lambda w: w.copy_(STORED[name].reshape(w.shape))`,
    },
    {
      name: 'each',
      source: `def each(count, rule, dim=0):
    """Draws each of the equal parts of a packed tensor by itself."""
    return lambda w: [rule(part) for part in w.chunk(count, dim)]`,
    },
    {
      name: 'parts',
      source: `def parts(*rules, dim=0):
    """Draws the parts of a packed tensor, of these sizes, one after another."""
    sizes = [size for size, _ in rules]
    return lambda w: [rule(part) for part, (_, rule) in zip(w.split(sizes, dim), rules)]`,
    },
    {
      name: 'stack',
      source: `def stack(rule):
    """Draws every slice of the first axis by itself."""
    return lambda w: [rule(part) for part in w]`,
    },
    {
      name: 'boxes',
      source: `def boxes(*rules):
    """Draws the boxes of a packed tensor one by one."""
    return lambda w: [rule(w[box]) for box, rule in rules]`,
    },
    {
      name: 'turned',
      source: `def turned(rule):
    """Draws a weight that is [in, out, ...] as [out, in, ...]."""
    return lambda w: w.copy_(rule(torch.empty_like(w.transpose(0, 1)).contiguous()).transpose(0, 1))`,
    },
    {
      name: 'delta_orthogonal',
      source: `def delta_orthogonal(gain):
    """An orthogonal matrix at the centre tap, zeros elsewhere (Xiao et al. 2018)."""
    def draw(w):
        nn.init.zeros_(w)[(..., *((k - 1) // 2 for k in w.shape[2:]))] = nn.init.orthogonal_(
            w.new_empty(w.shape[:2]), gain=gain
        )
        return w

    return draw`,
    },
  ],
  apply: `@torch.no_grad()
def init_(model, seed=0):
    left = []
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        for name, w in [*model.named_parameters(), *model.named_buffers()]:
            rule = next((r for pattern, r in RULES.items() if fnmatchcase(name, pattern)), None)
            if rule is not None:
                rule(w)
            elif isinstance(w, nn.Parameter):
                left.append(name)
    return left`,
};

/** A plan as a program for PyTorch: `init_(model, seed)` draws every parameter by its name. */
export function torchProgram(plan: Plan, network: Network): string {
  const { drawn, kept } = itemsOf(plan, network);
  const mapped: Mapped[] = [];
  const left: Left[] = [];
  for (const item of drawn) {
    const { entry } = item;
    if (isMadeUp(entry.name)) left.push({ entry, why: MADE_UP });
    else {
      const expression = expressionOfAll(item);
      const group = isStored(item) ? { group: 'stored' } : {};
      mapped.push({ item, targets: [{ name: entry.name, expression, ...group }] });
    }
  }
  return programText(plan, FRAME, mapped, left, kept);
}
