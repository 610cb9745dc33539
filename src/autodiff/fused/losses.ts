import { textAttribute, type Node } from '../../graph/index.ts';
import { emit } from '../emit.ts';
import { div, mul, neg, onesLike, squeeze, unsqueeze } from '../ops.ts';
import { ints, scalar, type Scope } from '../scope.ts';
import type { Expansion } from './expansion.ts';

/** `-w[t] x[t]` by example and place, summed or averaged; what is to be ignored has the weight 0. */
function likelihood(s: Scope, node: Node, x: string): string {
  const [, given, weights = ''] = node.inputs;
  const target = emit(s, 'Cast', [given], { to: 7 });
  const { ignore_index: ignored } = node.attributes;
  const isIgnored =
    typeof ignored === 'number' ? emit(s, 'Equal', [target, ints(s, [ignored], [])]) : null;
  const safe =
    isIgnored === null ? target : emit(s, 'Where', [isIgnored, ints(s, [0], []), target]);
  const column = emit(s, 'GatherElements', [x, unsqueeze(s, safe, [1])], { axis: 1 });
  const picked = squeeze(s, column, [1]);
  const full = weights === '' ? onesLike(s, picked) : emit(s, 'Gather', [weights, safe]);
  const weight = isIgnored === null ? full : emit(s, 'Where', [isIgnored, scalar(s, 0, x), full]);
  const loss = neg(s, mul(s, weight, picked));
  const reduction = textAttribute(node, 'reduction', 'mean');
  if (reduction === 'none') return loss;
  const total = (value: string): string => emit(s, 'ReduceSum', [value], { keepdims: 0 });
  return reduction === 'sum' ? total(loss) : div(s, total(loss), total(weight));
}

const crossEntropy: Expansion = (s, node) => {
  const logs = emit(s, 'LogSoftmax', [node.inputs[0]], { axis: 1 });
  return [likelihood(s, node, logs), logs];
};

/** Losses of classes. */
export const losses: Readonly<Record<string, Expansion>> = {
  NegativeLogLikelihoodLoss: (s, node) => [likelihood(s, node, node.inputs[0])],
  SoftmaxCrossEntropyLoss: crossEntropy,
};
