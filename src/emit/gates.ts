import type { Role } from '../network/index.ts';
import type { Item, Part } from './item.ts';
import { pathOf } from './names.ts';

/** One variable of a recurrent layer, by the names of PyTorch or of the file. */
export interface Recurrent {
  /** `lstm`, `lstm_1` for the second layer, `lstm_reverse`; modules are divided by `/`. */
  readonly module: string;
  readonly operator: 'LSTM' | 'GRU' | 'RNN';
  readonly kind: 'input' | 'hidden' | 'bias';
  /** What each gate gets, by its name; of biases that are added up, the sum. */
  readonly gates: ReadonlyMap<string, Part>;
}

const KINDS: Partial<Readonly<Record<Role, Recurrent['kind']>>> = {
  recurrent_input: 'input',
  recurrent_hidden: 'hidden',
  recurrent_bias: 'bias',
};

/**
 * The recurrent variables of a network that gets the biases of input and state as one, as linen and Keras
 * have them. An item that is not in the map is none; `null` if its gates cannot be told apart, differ by
 * direction, or have biases whose sum is no constant; `'told'` where another item has it all.
 */
export function recurrentOf(items: readonly Item[]): Map<Item, Recurrent | 'told' | null> {
  const found = new Map<Item, Recurrent | 'told' | null>();
  const biases = new Map<string, Item[]>();
  for (const item of items) {
    const kind = KINDS[item.info.role];
    if (kind === undefined) continue;
    if (kind !== 'bias') found.set(item, asOne([item], kind));
    else {
      const module = moduleOf(item);
      biases.set(module, [...(biases.get(module) ?? []), item]);
    }
  }
  for (const group of biases.values()) {
    for (const [i, item] of group.entries()) {
      found.set(item, i === 0 ? asOne(group, 'bias') : 'told');
    }
  }
  return found;
}

function moduleOf({ entry }: Item): string {
  const { modules, leaf } = pathOf(entry.name);
  const suffix = /_l(\d+)(_reverse)?$/.exec(leaf);
  const layer = suffix === null || suffix[1] === '0' ? '' : `_${suffix[1]}`;
  return `${modules.join('/')}${layer}${suffix?.[2] ?? ''}`;
}

function asOne(items: readonly Item[], kind: Recurrent['kind']): Recurrent | null {
  const { operator } = items[0].info;
  if (operator !== 'LSTM' && operator !== 'GRU' && operator !== 'RNN') return null;
  const directions = new Map<string, Map<string, Part>>();
  for (const part of items.flatMap(({ parts }) => parts)) {
    const [direction, gate = 'hidden'] = part.name.split('/');
    const gates = directions.get(direction) ?? new Map<string, Part>();
    directions.set(direction, gates);
    const known = gates.get(gate);
    const sum = known === undefined ? part : summed(known, part);
    if (sum === null) return null;
    gates.set(gate, sum);
  }
  const all = [...directions.values()];
  const isSame = all.every((gates) => shown(gates) === shown(all[0]));
  // The two biases of a GRU's candidate are not added up: only zeros are the same everywhere.
  const isZero = [...all[0].values()].every(
    ({ draw }) => draw.kind === 'constant' && draw.value === 0,
  );
  if (!isSame || (kind === 'bias' && operator === 'GRU' && !isZero)) return null;
  return { module: moduleOf(items[0]), operator, kind, gates: all[0] };
}

/** Two biases of one gate as one, if both are constants. */
function summed(a: Part, b: Part): Part | null {
  if (a.draw.kind !== 'constant' || b.draw.kind !== 'constant') return null;
  return { ...a, draw: { kind: 'constant', value: a.draw.value + b.draw.value } };
}

function shown(gates: ReadonlyMap<string, Part>): string {
  return JSON.stringify([...gates].map(([gate, { draw }]) => [gate, draw]));
}
