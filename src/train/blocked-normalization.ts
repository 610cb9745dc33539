import { numberAttribute, type Node } from '../graph/index.ts';
import { imageExtents, writeAffine, writeMean } from './blocked-channels.ts';
import { integers, needPlain, numbers, plainNode, type Writing } from './blocked-writing.ts';

/**
 * Writes a batch normalisation in training of an image in blocks as two passes by channel, `x - μ` and its affine map, and
 * two means; `false` for other nodes. What its derivative needs of that is written in the same way, so that equal
 * nodes can be made one.
 */
export function writeNormalization(w: Writing, node: Node): boolean {
  const { operator, domain, inputs, outputs } = node;
  const [x, scale, bias, ...before] = inputs;
  const image = w.blocked.get(x);
  const channels = imageExtents(w, x)?.[1] ?? null;
  const isTraining = numberAttribute(node, 'training_mode', 0) !== 0;
  if (operator !== 'BatchNormalization' || domain !== '' || !isTraining) return false;
  if (image === undefined || channels === null) return false;

  const [y, ...after] = outputs;
  const name = (what: string): string => `${y}:${what}`;
  const made = (what: string, operation: string, of: readonly string[]): string => {
    w.nodes.push(plainNode(operation, of, name(what)));
    return name(what);
  };
  const constant = (value: number): string => numbers(w, `${value}`, [], Float32Array.of(value));
  const mean = (of: string, what: string): string => {
    writeMean(w, of, name(what));
    return made(`${what}s`, 'Squeeze', [name(what), integers(w, [0, 2, 3])]);
  };
  for (const vector of [scale, bias, ...before]) needPlain(w, vector);
  const own = mean(image, 'mean');
  const centred = name('centred');
  writeAffine(w, image, channels, { shift: made('negative', 'Neg', [name('mean')]) }, centred);
  const spread = mean(made('squares', 'Mul', [centred, centred]), 'variance');
  const epsilon = constant(numberAttribute(node, 'epsilon', 1e-5));
  const deviation = made('deviation', 'Sqrt', [made('shifted', 'Add', [spread, epsilon])]);
  const factor = made('factor', 'Div', [scale, deviation]);
  writeAffine(w, centred, channels, { scale: factor, shift: bias }, name('blocked'));
  w.blocked.set(y, name('blocked'));

  const momentum = numberAttribute(node, 'momentum', 0.9);
  for (const [index, running] of after.entries()) {
    if (running === '') continue;
    const kept = made(`kept${index}`, 'Mul', [before[index], constant(momentum)]);
    const added = made(`added${index}`, 'Mul', [[own, spread][index], constant(1 - momentum)]);
    w.nodes.push(plainNode('Add', [kept, added], running));
    w.plain.add(running);
  }
  return true;
}
