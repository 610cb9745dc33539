import type { Plan } from '../advise/index.ts';
import type { Network } from '../network/index.ts';
import { recurrentOf, type Recurrent } from './gates.ts';
import { isStored, itemsOf, type Item } from './item.ts';
import { packedExpression, partsExpression, storedExpression } from './jax-expression.ts';
import { KERAS_HELPERS, kerasExpression } from './keras-expression.ts';
import { orientation, type Orientation } from './layout.ts';
import { isMadeUp, leafOf, pathOf } from './names.ts';
import { programText, type Frame } from './program.ts';
import { MADE_UP, type Left, type Mapped, type Target } from './rules.ts';

const LEAVES = {
  kernel: 'kernel',
  embedding: 'embeddings',
  scale: 'gamma',
  shift: 'beta',
  mean: 'moving_mean',
  variance: 'moving_variance',
} as const;

/** The gates of a packed kernel of Keras, in its order, and the cell that holds it. */
const CELLS: Readonly<Record<Recurrent['operator'], { name: string; gates: readonly string[] }>> = {
  LSTM: { name: 'lstm_cell', gates: ['input', 'forget', 'cell', 'output'] },
  GRU: { name: 'gru_cell', gates: ['update', 'reset', 'hidden'] },
  RNN: { name: 'simple_rnn_cell', gates: ['hidden'] },
};

/** The variable of a cell; `null` where its gates are not those of Keras. */
function cellTargets({ module, operator, kind, gates }: Recurrent): Target[] | null {
  const cell = CELLS[operator];
  const parts = cell.gates.flatMap((gate) => gates.get(gate) ?? []);
  const where: Orientation | null = kind === 'bias' ? null : { order: [], out: -1, in: -2 };
  const expressions = parts.flatMap(({ draw }) => kerasExpression(draw, where) ?? []);
  if (expressions.length !== cell.gates.length) return null;
  const variable = { input: 'kernel', hidden: 'recurrent_kernel', bias: 'bias' }[kind];
  const name = `${module.replaceAll('/', '_')}/${cell.name}/${variable}`;
  const sizes = parts.map(({ shape }) => shape.at(-1) ?? 0);
  const expression = packedExpression(parts, sizes, -1, expressions);
  return [{ name, expression }];
}

function targetsOf(
  item: Item,
  recurrent: Recurrent | 'told' | null | undefined,
): readonly Target[] | string {
  if (recurrent === 'told') return [];
  if (recurrent !== undefined) {
    const targets = recurrent === null || isStored(item) ? null : cellTargets(recurrent);
    return targets ?? 'recurrent layers whose gates Keras packs otherwise.';
  }
  const { modules, leaf } = pathOf(item.entry.name);
  const { role, layout } = item.info;
  const own = leafOf(item, leaf, LEAVES);
  const name = modules.length === 0 ? own : `${modules.join('_')}/${own}`;
  const where = orientation(item, role === 'transposed_conv');
  if (where === null && layout.length > 0) return 'weights whose axes Keras has not.';
  const isDepthwise = role === 'depthwise_conv';
  // Of a depthwise kernel, [..., channels, multiplier], the groups are the axis before the last.
  const divided = isDepthwise || layout[item.axis ?? 0] === 'in' ? -2 : -1;
  const expressions = item.parts.flatMap(({ draw }) => kerasExpression(draw, where) ?? []);
  const expression =
    expressions.length === item.parts.length ? partsExpression(item, divided, expressions) : null;
  if (expression !== null) return [{ name, expression }];
  const order = isDepthwise ? depthwiseOrder(item) : (where?.order ?? null);
  return [{ name, expression: storedExpression(item, order), group: 'stored' }];
}

/** `[channels · multiplier, 1, ...kernel]` to `[...kernel, channels, multiplier]`, by a reshape at the end. */
function depthwiseOrder({ info }: Item): number[] {
  const kernel = info.layout.flatMap((role, axis) => (role === 'kernel' ? [axis] : []));
  return [...kernel, info.layout.indexOf('out'), info.layout.indexOf('in')];
}

const FRAME: Frame = {
  framework: 'keras',
  usage: '    left = init(model, seed=0)  # left: the variables that no rule names, as they were',
  names:
    'A dotted name is layer/variable here: dots in the name of a layer are _, weight is kernel, gamma or\n# embeddings. * stands for any text. Kernels are [..., in, out], other than in PyTorch, and transposed\n# convolutions [..., out, in], so standard deviations are told, not fans.',
  imports: [
    'from fnmatch import fnmatchcase',
    '',
    'import keras',
    'import numpy as np',
    'from safetensors.numpy import load_file',
  ],
  helpers: KERAS_HELPERS,
  apply: `def init(model, seed=0):
    left = []
    seeds = keras.random.SeedGenerator(seed)
    for v in model.weights:
        # The name of the model itself may stand before those of its layers.
        names = {v.path, v.path.split("/", 1)[-1]}
        rules = (r for pattern, r in RULES.items() if any(fnmatchcase(n, pattern) for n in names))
        rule = next(rules, None)
        if rule is None:
            left.append(v.path)
        else:
            v.assign(rule(tuple(v.shape), seeds))
    return left`,
};

/** A plan as a program for Keras 3: `init(model, seed)` draws every variable by its path. */
export function kerasProgram(plan: Plan, network: Network): string {
  const { drawn, kept } = itemsOf(plan, network);
  const mapped: Mapped[] = [];
  const left: Left[] = [];
  const recurrent = recurrentOf(drawn.filter(({ entry }) => !isMadeUp(entry.name)));
  for (const item of drawn) {
    const { entry } = item;
    const targets = isMadeUp(entry.name) ? MADE_UP : targetsOf(item, recurrent.get(item));
    if (typeof targets === 'string') left.push({ entry, why: targets });
    else mapped.push({ item, targets });
  }
  return programText(plan, FRAME, mapped, left, kept);
}
