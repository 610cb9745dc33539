import type { Plan } from '../advise/index.ts';
import type { Network } from '../network/index.ts';
import { recurrentOf, type Recurrent } from './gates.ts';
import { isStored, itemsOf, type Item } from './item.ts';
import { JAX_HELPERS, jaxExpression, partsExpression, storedExpression } from './jax-expression.ts';
import { orientation } from './layout.ts';
import { isMadeUp, leafOf, pathOf } from './names.ts';
import { programText, type Frame } from './program.ts';
import { MADE_UP, type Left, type Mapped, type Target } from './rules.ts';

const LEAVES = {
  kernel: 'kernel',
  embedding: 'embedding',
  scale: 'scale',
  shift: 'bias',
  mean: 'mean',
  variance: 'var',
} as const;

/** What linen calls the map of a gate: `if` is the input's, `hf` the state's of an LSTM's forget gate. */
const GATES: Readonly<Record<Recurrent['operator'], Readonly<Record<string, string>>>> = {
  LSTM: { input: 'i', forget: 'f', cell: 'g', output: 'o' },
  GRU: { reset: 'r', update: 'z', hidden: 'n' },
  RNN: { hidden: '' },
};

/** The variables of a linen cell, one per gate, that a packed tensor becomes; gates that are alike as one. */
function gateTargets({ module, operator, kind, gates }: Recurrent): Target[] | null {
  const alike = new Map<string, string[]>();
  for (const [gate, part] of gates) {
    if (!Object.hasOwn(GATES[operator], gate)) return null;
    const expression = jaxExpression(part, { out: -1, in: -2 });
    alike.set(expression, [...(alike.get(expression) ?? []), GATES[operator][gate]]);
  }
  return [...alike].flatMap(([expression, letters]) =>
    sidesOf(operator, kind, letters).map((end): Target => ({
      name: `${module}/*${end}`,
      expression,
      isPattern: true,
    })),
  );
}

/** Ends of paths, `i[if]/kernel`: of the maps of the input, `i`, or of the state, `h`. */
function sidesOf(
  operator: Recurrent['operator'],
  kind: Recurrent['kind'],
  letters: readonly string[],
): string[] {
  const set = letters.length === 1 ? letters[0] : `[${letters.join('')}]`;
  if (kind === 'input') return [`i${set}/kernel`];
  if (kind === 'hidden') return [`h${set}/kernel`];
  if (operator === 'LSTM') return [`h${set}/bias`];
  if (operator === 'RNN') return ['i/bias'];
  // A GRU of linen has biases at the input's maps, and at the state's map of the candidate alone.
  return [`i${set}/bias`, ...(letters.includes('n') ? ['hn/bias'] : [])];
}

function targetsOf(
  item: Item,
  recurrent: Recurrent | 'told' | null | undefined,
): readonly Target[] | string {
  if (recurrent === 'told') return [];
  if (recurrent !== undefined) {
    const targets = recurrent === null || isStored(item) ? null : gateTargets(recurrent);
    return targets ?? 'recurrent layers whose gates linen holds in other variables.';
  }
  const { modules, leaf } = pathOf(item.entry.name);
  const name = [...modules, leafOf(item, leaf, LEAVES)].join('/');
  const turned = orientation(item);
  if (turned === null && item.info.layout.length > 0) return 'weights whose axes linen has not.';
  if (isStored(item)) {
    const expression = storedExpression(item, turned?.order ?? null);
    return [{ name, expression, group: 'stored' }];
  }
  const axes = turned === null ? null : { out: turned.out, in: turned.in };
  const expressions = item.parts.map((part) => jaxExpression(part, axes));
  const divided = item.info.layout[item.axis ?? 0] === 'in' ? -2 : -1;
  const expression = partsExpression(item, divided, expressions);
  return expression === null
    ? 'packed weights whose parts do not divide one axis.'
    : [{ name, expression }];
}

const FRAME: Frame = {
  framework: 'flax',
  usage: `    params = init(jax.random.key(0), variables["params"])  # nested dicts, as module.init makes them`,
  names:
    'A dotted name is a path here: weight is kernel, scale or embedding, and list.0 is list_0. * stands for\n# any text. Kernels are [..., in, out], other than in PyTorch, so standard deviations are told, not fans.',
  imports: [
    'import zlib',
    'from fnmatch import fnmatchcase',
    '',
    'import jax',
    'import jax.numpy as jnp',
    'from flax.traverse_util import flatten_dict, unflatten_dict',
    'from jax.nn import initializers as nn',
    'from safetensors.flax import load_file',
  ],
  helpers: JAX_HELPERS,
  apply: `def init(key, params):
    """The parameters anew; those that no rule names stay as they are."""
    def draw(path, w):
        rule = next((r for pattern, r in RULES.items() if fnmatchcase(path, pattern)), None)
        if rule is None:
            return w
        return rule(jax.random.fold_in(key, zlib.crc32(path.encode())), w.shape, w.dtype)

    flat = flatten_dict(params, sep="/")
    return unflatten_dict({path: draw(path, w) for path, w in flat.items()}, sep="/")`,
};

/** A plan as a program for Flax (linen): `init(key, params)` draws nested dicts by the path of a variable. */
export function flaxProgram(plan: Plan, network: Network): string {
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
