import type { Node } from '../../graph/index.ts';
import { unknown, type Type } from '../type.ts';
import { control } from './control.ts';
import { elementwise } from './elementwise.ts';
import { indexing } from './indexing.ts';
import type { Around, Infer } from './infer.ts';
import { layers } from './layers.ts';
import { movement } from './movement.ts';

const table: ReadonlyMap<string, Infer> = new Map(
  Object.entries({ ...elementwise, ...movement, ...indexing, ...layers, ...control }),
);

/** The types of the outputs of a standard operator of the newest sets; unknown ones for any other. */
export function infer(node: Node, inputs: readonly Type[], around: Around): Type[] {
  const found = node.domain === '' ? table.get(node.operator) : undefined;
  return found?.(node, inputs, around) ?? node.outputs.map(() => unknown);
}
