import type { Network } from '../../../network/index.ts';
import { xavierLaw } from './laws.ts';
import { moduleOf, namesOf, type Constructed, type TorchModule } from './module.ts';

const STACK = /^(.*[./])?layers\.(\d+)\.self_attn\./;

/**
 * The copies in a `TransformerEncoder` or `TransformerDecoder`, whose layers are one layer copied: known by
 * the names `layers.N.self_attn` of their attention and `layers.0.linear1`.
 */
export function copiesIn(
  network: Network,
  running: readonly TorchModule[],
): Map<TorchModule, TorchModule> {
  const stacks = new Map<string, Map<number, number>>();
  for (const [index, module] of running.entries()) {
    if (module.kind !== 'torch.nn.MultiheadAttention') continue;
    // An exporter stores equal tensors once, under the name of the first: the latest name is the module's own.
    const own = namesOf(module)
      .map((name) => STACK.exec(name))
      .filter((match) => match !== null)
      .sort((a, b) => Number(b[2]) - Number(a[2]));
    if (own.length === 0) continue;
    const prefix = own[0][1] ?? '';
    const stack = stacks.get(prefix) ?? new Map<number, number>();
    if (!stack.has(Number(own[0][2]))) stack.set(Number(own[0][2]), index);
    stacks.set(prefix, stack);
  }
  const copies = new Map<TorchModule, TorchModule>();
  for (const [prefix, stack] of stacks) {
    const [first, second] = [stack.get(0), stack.get(1)];
    const hasLinear = network.stored.some((name) => name.startsWith(`${prefix}layers.0.linear1.`));
    if (first === undefined || second === undefined || second <= first || !hasLinear) continue;
    for (const [number, start] of stack) {
      if (number === 0) continue;
      for (let i = 0; i < second - first; i++) {
        const [original, copy] = [running[first + i], running[start + i]];
        if (copy !== undefined && isAlike(original, copy)) copies.set(copy, original);
      }
    }
  }
  return copies;
}

function isAlike(a: TorchModule, b: TorchModule): boolean {
  return (
    a.kind === b.kind &&
    a.tensors.length === b.tensors.length &&
    a.tensors.every(({ shape }, index) => shape.join() === b.tensors[index].shape.join())
  );
}

/**
 * The construction of a network that has a whole `torch.nn.Transformer`, which draws every matrix of its
 * encoder and its decoder once more when both are built, by `xavier_uniform_` in the order of
 * `parameters()`. It is known by the names of its two stacks and of the norms behind them.
 */
export function withTransformers(
  { stored }: Network,
  construction: readonly Constructed[],
  excludesEnd: boolean,
): readonly Constructed[] {
  const names = new Set(stored);
  const prefixes = stored.flatMap(
    (name) => /^(.*[./])?encoder\.norm\.weight$/.exec(name)?.[1] ?? [],
  );
  let ordered = construction;
  for (const prefix of prefixes) {
    const sides = [`${prefix}encoder.`, `${prefix}decoder.`];
    if (!names.has(`${prefix}decoder.norm.weight`)) continue;
    const isInside = ({ module }: Constructed): boolean =>
      namesOf(module).some((name) => sides.some((side) => name.startsWith(side)));
    const again = ordered.filter(isInside).map((entry): Constructed => {
      const matrices = entry.module.tensors.filter(({ shape }) => shape.length === 2);
      const tensors = matrices.map(({ shape, places }) => {
        return { shape, places, law: xavierLaw(shape, excludesEnd) };
      });
      const module = moduleOf('torch.nn.Transformer', tensors);
      return { module, owner: entry.owner, copyOf: null, isAgain: true };
    });
    const end = ordered.findLastIndex(isInside) + 1;
    ordered = [...ordered.slice(0, end), ...again, ...ordered.slice(end)];
  }
  return ordered;
}
