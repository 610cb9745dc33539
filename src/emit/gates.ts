import type { Role } from '../network/index.ts';
import type { Item, Part } from './item.ts';

/** The recurrent layer that a parameter belongs to, by the names of PyTorch or of the file. */
export interface Recurrent {
  /** `lstm`, `lstm_1` for the second layer, `lstm_reverse`. */
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

/** A parameter of a recurrent layer gate by gate; `null` if it is none or its gates differ by direction. */
export function recurrentOf(
  item: Item,
  modules: readonly string[],
  leaf: string,
): Recurrent | null {
  const { role, operator } = item.info;
  const kind = KINDS[role];
  if (kind === undefined) return null;
  if (operator !== 'LSTM' && operator !== 'GRU' && operator !== 'RNN') return null;
  const suffix = /_l(\d+)(_reverse)?$/.exec(leaf);
  const layer = suffix === null || suffix[1] === '0' ? '' : `_${suffix[1]}`;
  const module = `${modules.join('/')}${layer}${suffix?.[2] ?? ''}`;
  const gates = new Map<string, Part>();
  for (const part of item.parts) {
    const words = part.name.split('/');
    const gate = words.length > 1 ? words[1] : 'hidden';
    const known = gates.get(gate);
    const sum = known === undefined ? part : summed(known, part);
    if (sum === null) return null;
    gates.set(gate, sum);
  }
  return { module, operator, kind, gates };
}

/** Two biases of one gate as one; equal draws of two directions as one; `null` for all else. */
function summed(a: Part, b: Part): Part | null {
  if (a.draw.kind === 'constant' && b.draw.kind === 'constant') {
    const isOneGate = a.name.split('/')[0] === b.name.split('/')[0];
    if (isOneGate) return { ...a, draw: { kind: 'constant', value: a.draw.value + b.draw.value } };
  }
  return JSON.stringify(a.draw) === JSON.stringify(b.draw) ? a : null;
}
