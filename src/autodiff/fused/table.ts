import type { Node } from '../../graph/index.ts';
import type { Scope } from '../scope.ts';
import { activations } from './activations.ts';
import { attention } from './attention.ts';
import { columns } from './columns.ts';
import type { Expansion } from './expansion.ts';
import { losses } from './losses.ts';
import { normalizations } from './normalizations.ts';
import { products } from './products.ts';
import { sampling } from './sampling.ts';

/** Composed operators of ONNX, and those of onnxruntime that its optimizer and converters write. */
const table: Readonly<Record<string, ReadonlyMap<string, Expansion>>> = {
  '': new Map(
    Object.entries({
      ...columns,
      ...losses,
      ...attention.standard,
      ...normalizations.standard,
      ...sampling,
    }),
  ),
  'com.microsoft': new Map(
    Object.entries({ ...activations, ...products, ...normalizations.fused, ...attention.fused }),
  ),
};

/** The composed operators of ONNX that are written in their parts. */
export const composed: readonly string[] = [...table[''].keys()].filter(
  (operator) => operator !== 'SimplifiedLayerNormalization',
);

/** The outputs of a composed operator, written in those that it is composed of; `null` for any other. */
export function expanded(s: Scope, node: Node): readonly string[] | null {
  const made = table[node.domain]?.get(node.operator)?.(s, node) ?? null;
  const isWhole = made !== null && node.outputs.every((output, at) => output === '' || made[at]);
  return isWhole ? made : null;
}
